"""What a request asks for, what is open without Safe Exam Browser, and how access is refused.

The middleware decides in the published order; the rules it asks are here, one module each.
"""
