-- changes asked for under an idempotency key, and what was answered. `digest` is a keyed one of who asks and of the
-- key they chose, `asked` of what they asked for; the answer is boxed: it may hold what is shown once
CREATE TABLE {schema}.requests (
    caller text NOT NULL,
    digest bytea NOT NULL,
    asked bytea NOT NULL,
    begun_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    tries integer NOT NULL DEFAULT 1,
    answer bytea,
    PRIMARY KEY (caller, digest)
);
CREATE INDEX ON {schema}.requests (begun_at);
