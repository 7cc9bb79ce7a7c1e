"""The outbox: what a status change causes, recorded with the change and delivered afterwards."""
