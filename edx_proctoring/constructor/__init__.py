"""Constructor Proctor (formerly Examus): an opt-in app with sessions, guarded exam pages and webhooks."""
