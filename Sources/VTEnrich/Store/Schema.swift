import GRDB

/// The tables of `state.db`, as a list of steps that only grows: step N makes version N of N - 1.
enum Schema {
    static let steps = [firstVersion, outputs, marks]

    /// The version this program writes. A database with a higher `user_version` is refused untouched.
    static var version: Int { steps.count }

    /// Brings a database of an older version, or an empty one, up to the last step. Runs in the caller's transaction, so a
    /// kill during it leaves the old version (T16).
    static func migrate(_ db: Database, through steps: [String] = steps) throws {
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version < steps.count else { return }
        for step in steps[version...] {
            try db.execute(sql: step)
            CrashPoint.duringMigration.reach()
        }
        try db.execute(sql: "PRAGMA user_version = \(steps.count)")
    }

    /// Times are seconds since 1970 by the wall clock unless the column says `boot` (seconds since boot, of `boot_id`).
    private static let firstVersion = """
        CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE checkpoint (path TEXT PRIMARY KEY, body TEXT NOT NULL, saved_at REAL NOT NULL) WITHOUT ROWID;

        -- Event ids accepted in the last days: what is read twice is taken once (P3, F35).
        CREATE TABLE seen (event_id TEXT PRIMARY KEY, accepted_at REAL NOT NULL) WITHOUT ROWID;
        CREATE INDEX seen_accepted ON seen (accepted_at);

        -- One row for each accepted alert that waits for the verdict on its address.
        CREATE TABLE pending (
            id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, address TEXT NOT NULL, level INTEGER,
            accepted_at REAL NOT NULL, alert_id TEXT NOT NULL, timestamp TEXT NOT NULL, rule_id TEXT NOT NULL,
            description TEXT, groups TEXT NOT NULL, agent_id TEXT, agent_name TEXT, agent_ip TEXT, manager TEXT,
            location TEXT, full_log TEXT, log_was_cut INTEGER NOT NULL);
        CREATE INDEX pending_address ON pending (address, id);

        -- One row for each address in `pending`, so that choosing the next lookup does not read the queue.
        -- class: of the highest level. checked: 0 until the cache was asked on its behalf.
        CREATE TABLE waiting (
            address TEXT PRIMARY KEY, level INTEGER NOT NULL, class INTEGER NOT NULL, alerts INTEGER NOT NULL,
            first_at REAL NOT NULL, checked INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
        CREATE INDEX waiting_unchecked ON waiting (first_at) WHERE checked = 0;
        CREATE INDEX waiting_most ON waiting (class, alerts DESC, first_at);
        CREATE INDEX waiting_oldest ON waiting (class, first_at);

        -- Addresses that had to be looked up, by hour since 1970 and class, and how many of them came again.
        CREATE TABLE demand (
            hour INTEGER NOT NULL, class INTEGER NOT NULL, addresses INTEGER NOT NULL, repeated INTEGER NOT NULL,
            PRIMARY KEY (hour, class)) WITHOUT ROWID;

        -- class: the verdict when it was fetched, or not_found or invalid; facts (JSON) only with a verdict.
        -- repeated: whether more than one alert asked for it.
        CREATE TABLE verdict (
            address TEXT PRIMARY KEY, class TEXT NOT NULL, facts BLOB, pivot_total INTEGER, pivot_strong INTEGER,
            fetched_at REAL NOT NULL, expires_at REAL NOT NULL, repeated INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
        CREATE INDEX verdict_expires ON verdict (expires_at);
        -- Kept by triggers, so that `status` counts ten million entries in no time (T17).
        CREATE TABLE verdict_count (class TEXT PRIMARY KEY, entries INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TRIGGER verdict_added AFTER INSERT ON verdict BEGIN
            INSERT INTO verdict_count VALUES (new.class, 1)
            ON CONFLICT (class) DO UPDATE SET entries = entries + 1;
        END;
        CREATE TRIGGER verdict_removed AFTER DELETE ON verdict BEGIN
            UPDATE verdict_count SET entries = entries - 1 WHERE class = old.class;
        END;
        CREATE TRIGGER verdict_changed AFTER UPDATE OF class ON verdict WHEN old.class <> new.class BEGIN
            UPDATE verdict_count SET entries = entries - 1 WHERE class = old.class;
            INSERT INTO verdict_count VALUES (new.class, 1)
            ON CONFLICT (class) DO UPDATE SET entries = entries + 1;
        END;

        -- The minute log of design 2: a row for each request until 61 s after its end.
        CREATE TABLE request (
            id INTEGER PRIMARY KEY AUTOINCREMENT, date TEXT NOT NULL, started_boot REAL NOT NULL, ended_boot REAL);
        -- Requests by UTC date: a clock that goes back meets that date's count.
        -- others: what others sent with the same key, as far as the server told.
        CREATE TABLE spent (
            date TEXT PRIMARY KEY, requests INTEGER NOT NULL, others INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;

        -- Events made and not yet delivered. kind: the verdict that the event tells, which decides the rule it fires.
        -- sent_at: set while a confirmation is awaited; sends: how often it went out.
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT, sink TEXT NOT NULL, kind TEXT NOT NULL, event_id TEXT,
            body BLOB NOT NULL, queued_at REAL NOT NULL, sent_at REAL, sends INTEGER NOT NULL DEFAULT 0);
        CREATE INDEX outbox_unsent ON outbox (sink, id) WHERE sent_at IS NULL;
        CREATE INDEX outbox_awaited ON outbox (sent_at) WHERE sent_at IS NOT NULL;
        CREATE INDEX outbox_event ON outbox (event_id);
        -- How far each sink has sent: of its rows up to sent_to, those without sent_at went out and are not put away yet.
        CREATE TABLE sink (name TEXT PRIMARY KEY, sent_to INTEGER NOT NULL) WITHOUT ROWID;
        -- The latest send of each kind that is known to have become an alert.
        CREATE TABLE loop (kind TEXT PRIMARY KEY, sent_at REAL NOT NULL) WITHOUT ROWID;

        -- For `report`. Alerts by hour since 1970, exactly: what is `accepted`, or the verdict that their events tell.
        CREATE TABLE hourly (
            hour INTEGER NOT NULL, what TEXT NOT NULL, alerts INTEGER NOT NULL, PRIMARY KEY (hour, what)) WITHOUT ROWID;
        -- Alerts with a verdict, by day since 1970 (UTC) and by how long they waited for it (`WaitingTime`), exactly.
        CREATE TABLE waited (
            day INTEGER NOT NULL, bucket INTEGER NOT NULL, alerts INTEGER NOT NULL,
            PRIMARY KEY (day, bucket)) WITHOUT ROWID;
        -- The most frequent addresses, owners, countries, rules and agents of a day (`FrequentNames`).
        CREATE TABLE top (
            day INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, label TEXT, alerts INTEGER NOT NULL,
            malicious INTEGER NOT NULL, excess INTEGER NOT NULL, PRIMARY KEY (day, kind, name)) WITHOUT ROWID;
        -- All alerts of the day that have such a name, and how many one that is not in `top` may have.
        CREATE TABLE top_day (
            day INTEGER NOT NULL, kind TEXT NOT NULL, alerts INTEGER NOT NULL, floor INTEGER NOT NULL,
            PRIMARY KEY (day, kind)) WITHOUT ROWID;
        """

    /// What an output was told of on a day (UTC, `2026-03-02`), for those that take an address once.
    private static let outputs = """
        CREATE TABLE told (
            sink TEXT NOT NULL, what TEXT NOT NULL, day TEXT NOT NULL, PRIMARY KEY (sink, what, day));
        CREATE INDEX told_day ON told (day);
        """

    /// How far a sink has sent stands in its `SentMark`; `sink` tells by the number of the batch which mark is this database's.
    /// `seen` begins with the alert's id, since it is by time: what is new lies side by side, on few pages.
    private static let marks = """
        UPDATE outbox SET sent_at = queued_at, sends = sends + 1
        WHERE sent_at IS NULL AND id <= (SELECT sent_to FROM sink WHERE name = outbox.sink);
        DROP TABLE sink;
        CREATE TABLE sink (name TEXT PRIMARY KEY, batch INTEGER NOT NULL) WITHOUT ROWID;

        ALTER TABLE seen RENAME TO seen_before;
        DROP INDEX seen_accepted;
        CREATE TABLE seen (
            alert_id TEXT NOT NULL, event_id TEXT NOT NULL, accepted_at REAL NOT NULL,
            PRIMARY KEY (alert_id, event_id)) WITHOUT ROWID;
        CREATE INDEX seen_accepted ON seen (accepted_at);
        -- Their alerts' ids are not known any more: one that is read again is taken again.
        INSERT INTO seen SELECT '', event_id, accepted_at FROM seen_before;
        DROP TABLE seen_before;
        """
}
