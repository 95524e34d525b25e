-- Two-step verification: all of it in the security schema, each table under the person's pseudonym there.
-- What has no person yet (a limit, a message sent, a passkey's id) is distributed by its own key.

-- `version` moves with each change of a person's factors: proofs and devices that rest on the old set are void
CREATE TABLE security.people (
    pseudonym uuid PRIMARY KEY,
    version bigint NOT NULL DEFAULT 0,
    language text NOT NULL DEFAULT 'en'
);

-- a factor in one of its states (verification/factor.py); its counters stand in its row and outlive everything else
CREATE TABLE security.factors (
    pseudonym uuid NOT NULL,
    factor uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    state text NOT NULL,
    purpose text NOT NULL,
    giving uuid,
    fingerprint bytea,
    secret bytea,
    key_number integer,
    settings text,
    last_step bigint NOT NULL DEFAULT -1,
    failures integer NOT NULL DEFAULT 0,
    wait_until timestamptz,
    created_at timestamptz NOT NULL,
    activated_at timestamptz,
    used_at timestamptz,
    PRIMARY KEY (pseudonym, factor)
);
CREATE TABLE security.passkeys (
    pseudonym uuid NOT NULL,
    factor uuid NOT NULL,
    credential bytea NOT NULL,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    user_verified boolean NOT NULL,
    backup_eligible boolean NOT NULL,
    backed_up boolean NOT NULL,
    transports text[] NOT NULL,
    aaguid uuid NOT NULL,
    PRIMARY KEY (pseudonym, factor)
);
-- a credential belongs to one person (WebAuthn level 3, 7.1 step 26)
CREATE TABLE security.credentials (
    credential bytea PRIMARY KEY,
    pseudonym uuid NOT NULL
);
CREATE TABLE security.recovery_codes (
    pseudonym uuid NOT NULL,
    factor uuid NOT NULL,
    digest bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (pseudonym, factor, digest)
);

-- a challenge is open until it is passed, cancelled or over; what a passed one proved stands in its row.
-- Of a person not yet known (sign-in by passkey alone) it stands under its own id.
CREATE TABLE security.challenges (
    pseudonym uuid NOT NULL,
    challenge uuid NOT NULL,
    act text NOT NULL,
    purpose text NOT NULL,
    factor uuid,
    after_password boolean NOT NULL,
    secret bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'open',
    passed_at timestamptz,
    passed_by uuid,
    assurance text,
    PRIMARY KEY (pseudonym, challenge)
);
-- a code that was sent is derived, never stored: here is only that it was sent
CREATE TABLE security.codes (
    pseudonym uuid NOT NULL,
    challenge uuid NOT NULL,
    factor uuid NOT NULL,
    sends integer NOT NULL,
    sent_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (pseudonym, challenge, factor)
);
-- what a recovery has shown so far, each method once
CREATE TABLE security.evidence (
    pseudonym uuid NOT NULL,
    challenge uuid NOT NULL,
    method text NOT NULL,
    factor uuid NOT NULL,
    shown_at timestamptz NOT NULL,
    PRIMARY KEY (pseudonym, challenge, method)
);

-- rates by the keyed form of what they count (a contact, a source, a prefix); `full_until` is all their state
CREATE TABLE security.limits (
    key bytea NOT NULL,
    name text NOT NULL,
    full_until timestamptz NOT NULL,
    PRIMARY KEY (key, name)
);
-- a message handed to a gateway; `reference` is the gateway's own, by which its receipt comes
CREATE TABLE security.sends (
    send uuid PRIMARY KEY,
    pseudonym uuid NOT NULL,
    challenge uuid,
    channel text NOT NULL,
    sender text NOT NULL,
    reference text NOT NULL,
    country text NOT NULL,
    sent_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'sent',
    status_at timestamptz,
    verified_at timestamptz
);
CREATE INDEX ON security.sends (reference);
CREATE INDEX ON security.sends (sent_at);
CREATE INDEX ON security.sends (challenge) WHERE challenge IS NOT NULL;

-- a device that need not be asked each time; its token is derived from its counter, never stored
CREATE TABLE security.devices (
    pseudonym uuid NOT NULL,
    device uuid NOT NULL,
    name text NOT NULL,
    counter bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    rotated_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (pseudonym, device)
);

-- each change of factors, by which the person can repudiate it; and the notices of it, until they are sent
CREATE TABLE security.changes (
    pseudonym uuid NOT NULL,
    change uuid NOT NULL,
    what text NOT NULL,
    kind text NOT NULL,
    factor uuid,
    changed_at timestamptz NOT NULL,
    repudiated_at timestamptz,
    PRIMARY KEY (pseudonym, change)
);
CREATE INDEX ON security.changes (change);
CREATE TABLE security.outbox (
    pseudonym uuid NOT NULL,
    message uuid NOT NULL,
    change uuid NOT NULL,
    giving uuid NOT NULL,
    created_at timestamptz NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL,
    sent_at timestamptz,
    PRIMARY KEY (pseudonym, message)
);
CREATE INDEX ON security.outbox (next_at) WHERE sent_at IS NULL;
-- an officer's reset takes two officers
CREATE TABLE security.resets (
    pseudonym uuid NOT NULL,
    reset uuid NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    approved_by text,
    approved_at timestamptz,
    PRIMARY KEY (pseudonym, reset)
);
CREATE TABLE security.passwords (
    pseudonym uuid PRIMARY KEY,
    hash text NOT NULL,
    pepper integer NOT NULL,
    set_at timestamptz NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    wait_until timestamptz
);
