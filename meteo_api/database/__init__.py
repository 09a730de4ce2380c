"""The service's own database: who may ask, what was done and what was asked. SQLite or PostgreSQL."""
