//! The migrations, one file a dialect and capability. A released one is never edited.

use bulla_db::Migration;

macro_rules! migrations {
    ($($version:literal $name:literal;)*) => {
        /// Every step of the schema, oldest first.
        pub const MIGRATIONS: &[Migration] = &[$(Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        },)*];
    };
}

migrations! {
    1 "0001_identity";
    2 "0002_audit";
    3 "0003_keys";
    4 "0004_workspaces";
    5 "0005_collections";
    6 "0006_environments";
    7 "0007_runs";
    8 "0008_mail";
    9 "0009_api_keys";
    10 "0010_groups";
    11 "0011_grants";
    12 "0012_ledger";
    13 "0013_password_reset";
    14 "0014_factors";
    15 "0015_notifications";
    16 "0016_trash";
    17 "0017_requests";
    18 "0018_invites";
    19 "0019_activity";
    20 "0020_audit_sinks";
    21 "0021_known_devices";
    22 "0022_key_warnings";
    23 "0023_passkeys";
    24 "0024_teams";
    25 "0025_email_change";
    26 "0026_activity";
    27 "0027_watch";
    28 "0028_share_links";
    29 "0029_unseen_values";
    30 "0030_brakes";
    31 "0031_public_names";
    32 "0032_certificates";
}
