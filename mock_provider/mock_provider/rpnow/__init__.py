"""RPNow's wire format, computed as the vendor computes it.

Contract: contract/rpnow#registration-body, contract/rpnow#password-cipher, contract/rpnow#canonical-body,
contract/rpnow#review-conversion, contract/mock-provider#rpnow-wire.

Written from the contract and not from the LMS's code, so that each of the two shows a mistake of the other.
"""
