"""The header that says which process sent a mail; without Django, for the side of the run that counts mails."""

PROCESS_HEADER = "X-Sent-By-Process"
