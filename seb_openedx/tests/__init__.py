"""Support for tests of hosts; ``settings.test`` refers to it."""
