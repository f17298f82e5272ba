//! Codes of an authenticator app (RFC 6238): six digits, SHA-1 and 30 seconds, which every app understands.
//!
//! The seed is sealed. A code works once: the step of the last one is kept, and neither it nor an older one is taken again.

use bulla_db::sql;
use bulla_seal::Place as SealedPlace;
use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use super::home;
use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::identity::{Person, random};
use crate::operation::Change;

/// What stands before the account in an app.
const ISSUER: &str = "Bulla";
/// Bytes of a seed: as many as RFC 4226 recommends.
const SEED: usize = 20;

/// What an app needs to make codes. It is shown once, while it is set up.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Enrolment {
    /// The seed in base 32, to type by hand.
    pub secret: String,
    /// The same as an address (`otpauth:`), for apps that open it.
    pub uri: String,
    /// The same as a QR code: an SVG picture.
    pub qr_code: String,
}

fn sealed_place<'p>(person: &'p PersonId, team: &'p str) -> SealedPlace<'p> {
    SealedPlace { table: "totp", column: "seed", row: person.as_str(), team }
}

fn generator(seed: &[u8], account: &str) -> Result<Totp> {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(seed)
        .with_issuer(Some(ISSUER))
        // A colon parts issuer and account in the address, so neither may hold one.
        .with_account_name(account.replace(':', " "))
        .build()
        .map_err(|error| Error::unexpected(format!("a seed makes no codes: {error}")))
}

/// Seconds since the epoch, as the steps are counted.
fn seconds(now: i64) -> u64 {
    u64::try_from(now / 1000).unwrap_or_default()
}

/// Gives a person a new seed that is not asked for yet. One that was begun before is gone.
pub(super) async fn enrol(change: &mut Change, person: &Person) -> Result<Enrolment> {
    let (vault, now, team) = (change.vault().clone(), change.now, home(change, &person.id).await?);
    let seed = Zeroizing::new(random::<SEED>()?);
    let key = vault.team_key(change.transaction().into(), &team).await?;
    let sealed = key.seal(sealed_place(&person.id, &team), seed.as_ref())?;
    sql!("delete from totp where person = $1 and confirmed_at is null")
        .bind(&person.id)
        .execute(change.transaction())
        .await?;
    sql!("insert into totp (person, team, seed, last_step, created_at) values ($1, $2, $3, 0, $4)")
        .bind(&person.id)
        .bind(&team)
        .bind(sealed)
        .bind(now)
        .execute(change.transaction())
        .await?;
    let generator = generator(seed.as_ref(), &person.email)?;
    let uri = generator.to_url().map_err(|error| Error::unexpected(format!("a seed makes no address: {error}")))?;
    let picture = QrCode::new(uri.as_bytes()).map_err(Error::unexpected)?;
    let qr_code = picture.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    Ok(Enrolment { secret: generator.secret().to_base32(), uri, qr_code })
}

/// Is this a code of the person's app that was not used yet? If it is, it is now.
async fn use_up(change: &mut Change, person: &PersonId, code: &str, confirmed: bool) -> Result<bool> {
    let (vault, now) = (change.vault().clone(), change.now);
    let found = sql!("select team, seed, confirmed_at from totp where person = $1")
        .bind(person)
        .optional(change.transaction())
        .await?;
    let Some(row) = found else { return Ok(false) };
    if row.integer_or_null("confirmed_at")?.is_some() != confirmed {
        return Ok(false);
    }
    let team = row.text("team")?;
    let key = vault.team_key(change.transaction().into(), &team).await?;
    let seed = key.open(sealed_place(person, &team), &row.bytes("seed")?)?;
    // People type a code in two groups of three.
    let digits: String = code.chars().filter(|character| !character.is_whitespace()).collect();
    let step = generator(seed.expose(), "")?.check(&digits, seconds(now)).and_then(|step| i64::try_from(step).ok());
    let Some(step) = step else { return Ok(false) };
    // Of two at once one moves the step.
    let used = sql!("update totp set last_step = $1 where person = $2 and last_step < $1")
        .bind(step)
        .bind(person)
        .execute(change.transaction())
        .await?;
    Ok(used == 1)
}

/// Looks at a code of an app that works.
pub(super) async fn prove(change: &mut Change, person: &PersonId, code: &str) -> Result<bool> {
    use_up(change, person, code, true).await
}

/// Ends a set-up with the first code.
pub(super) async fn confirm(change: &mut Change, person: &PersonId, code: &str) -> Result<bool> {
    if !use_up(change, person, code, false).await? {
        return Ok(false);
    }
    let now = change.now;
    sql!("update totp set confirmed_at = $1 where person = $2")
        .bind(now)
        .bind(person)
        .execute(change.transaction())
        .await?;
    Ok(true)
}

/// Forgets the app, and says whether there was one that worked.
pub(super) async fn remove(change: &mut Change, person: &PersonId) -> Result<bool> {
    let gone = sql!("delete from totp where person = $1 returning confirmed_at")
        .bind(person)
        .optional(change.transaction())
        .await?;
    Ok(gone.map(|row| row.integer_or_null("confirmed_at")).transpose()?.flatten().is_some())
}
