//! Recovery codes: ten, each of 80 random bits, each works once.
//!
//! Stored is an HMAC under a key of the team, so that a copy of the database alone has nothing to guess against.

use aws_lc_rs::hmac;
use bulla_db::sql;
use zeroize::Zeroizing;

use super::home;
use crate::error::Result;
use crate::id::PersonId;
use crate::identity::random;
use crate::operation::Change;

/// How many codes there are.
pub const COUNT: usize = 10;
/// Random bytes of one.
const BYTES: usize = 10;
/// The letters of a code: no I, L, O and U, which are mistaken for others (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A new code: four groups of four letters.
fn new_code() -> Result<String> {
    let bytes = Zeroizing::new(random::<BYTES>()?);
    let number = bytes.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let mut code = String::new();
    for index in (0..BYTES * 8 / 5).rev() {
        if index % 4 == 3 && !code.is_empty() {
            code.push('-');
        }
        let letter = usize::try_from(number >> (index * 5) & 31).unwrap_or_default();
        code.push(char::from(LETTERS[letter]));
    }
    Ok(code)
}

/// A code without what people add or mistake.
fn plain(typed: &str) -> String {
    typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| match character.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

async fn hash(change: &mut Change, person: &PersonId, code: &str) -> Result<Vec<u8>> {
    let (vault, team) = (change.vault().clone(), home(change, person).await?);
    let key = vault.team_key(change.transaction().into(), &team).await?.derive("recovery codes");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    Ok(hmac::sign(&key, plain(code).as_bytes()).as_ref().to_vec())
}

/// Gives a person new codes in place of the old ones.
pub(super) async fn renew(change: &mut Change, person: &PersonId) -> Result<Vec<String>> {
    forget(change, person).await?;
    let (now, team) = (change.now, home(change, person).await?);
    let mut codes = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        let code = new_code()?;
        let hash = hash(change, person, &code).await?;
        sql!("insert into recovery_code (person, hash, team, created_at) values ($1, $2, $3, $4)")
            .bind(person)
            .bind(hash)
            .bind(&team)
            .bind(now)
            .execute(change.transaction())
            .await?;
        codes.push(code);
    }
    Ok(codes)
}

/// Is this one of the person's codes that was not used yet? If it is, it is now.
pub(super) async fn prove(change: &mut Change, person: &PersonId, code: &str) -> Result<bool> {
    let (now, hash) = (change.now, hash(change, person, code).await?);
    let used = sql!("update recovery_code set used_at = $1 where person = $2 and hash = $3 and used_at is null")
        .bind(now)
        .bind(person)
        .bind(hash)
        .execute(change.transaction())
        .await?;
    Ok(used == 1)
}

/// Forgets all codes of a person.
pub(super) async fn forget(change: &mut Change, person: &PersonId) -> Result<()> {
    sql!("delete from recovery_code where person = $1").bind(person).execute(change.transaction()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = new_code().unwrap();
        assert_eq!(code.len(), 19, "{code}");
        assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4, 4]);
        assert_ne!(code, new_code().unwrap());
        let typed = code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(plain(&typed), plain(&code));
    }
}
