"""Constructor Proctor (formerly Examus), played: the vendor's tokens, sessions and messages.

Contract: contract/mock-provider#constructor. Written from the vendor's protocol, not with the platform's code, so that
each side shows a mistake of the other.
"""
