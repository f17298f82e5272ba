//! What a team demands of its members' accounts.

use bulla_db::{Reader, sql};

use crate::error::{Error, Result};
use crate::operation::{Change, Operation};

/// What a team demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecurityPolicy {
    /// Must every member have a second factor? Those without one can set one up, and do nothing else until then.
    pub second_factor_required: bool,
}

/// What `team` demands.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn read(reader: Reader<'_>, team: &str) -> Result<SecurityPolicy> {
    let row = sql!("select factor_demanded from team where id = $1").bind(team).one(reader).await?;
    Ok(SecurityPolicy { second_factor_required: row.claim("factor_demanded")? })
}

/// Demands it from the next request of every member on.
///
/// # Errors
///
/// [`Error::Conflict`] with `no_factor` if whoever demands a factor is not signed in with one: the first to be locked
/// out would be they.
pub async fn update(op: &Operation, change: &mut Change, policy: SecurityPolicy) -> Result<()> {
    if policy.second_factor_required && op.signed_in().factor.is_none() {
        let detail = "set up your own second factor before you demand one of everybody".to_owned();
        return Err(Error::Conflict { code: "no_factor", detail });
    }
    let team = change.team().to_owned();
    let before = sql!("select factor_demanded from team where id = $1").bind(&team).one(change.transaction()).await?;
    let word = |required: bool| if required { "required" } else { "optional" };
    change.text(
        "secondFactor",
        Some(word(before.claim("factor_demanded")?)),
        Some(word(policy.second_factor_required)),
    );
    sql!("update team set factor_demanded = $1 where id = $2")
        .bind(policy.second_factor_required)
        .bind(&team)
        .execute(change.transaction())
        .await?;
    Ok(())
}
