//! Errors as answers: `application/problem+json` (RFC 9457) with a stable code and the id of the request.
//!
//! A handler's error becomes an empty answer that carries its [`Problem`]; [`finish`](crate::app) writes the body when it
//! knows the request id. An error that nobody expected is logged whole and answered with the id only.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_LENGTH, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bulla_collection::ReadError;
use futures::StreamExt;
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, FieldError};

/// What went wrong, as it goes over the wire.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// `about:blank`: the code says what it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable, for programs.
    pub code: &'static str,
    /// For people: what happened and what to do.
    pub detail: String,
    /// To find it in the log.
    pub request_id: String,
    /// Fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
    /// With code `plan_needed`: the least plan that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub plan: Option<&'static str>,
    /// With code `stale`: the thing as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<Value>,
    /// The same in the form of Postman's API, where nobody is signed in: its clients read `error.message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<PostmanError>,
    /// Seconds after which to try again: the header `retry-after`.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

/// An error in the form of Postman's API.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PostmanError {
    /// Stable, for programs.
    pub name: &'static str,
    /// For people.
    pub message: String,
}

/// The answer of every operation that did not do what it was asked to.
#[derive(utoipa::IntoResponses)]
#[allow(dead_code, reason = "read by the description of the API alone")]
pub enum Problems {
    /// What went wrong: see its `code`.
    #[response(status = "default", content_type = "application/problem+json")]
    Any(Problem),
}

impl Problem {
    /// A problem with a status, a code and words for people.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            request_id: String::new(),
            errors: Vec::new(),
            plan: None,
            current: None,
            error: None,
            retry_after: None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::SignedOut => Self {
                error: Some(PostmanError { name: "AuthenticationError", message: Error::WrongKey.to_string() }),
                ..Self::new(StatusCode::UNAUTHORIZED, "signed_out", detail)
            },
            Error::WrongCredentials => Self::new(StatusCode::UNAUTHORIZED, "wrong_credentials", detail),
            Error::FactorNeeded => Self::new(StatusCode::FORBIDDEN, "factor_needed", detail),
            Error::ConfirmFirst => Self::new(StatusCode::FORBIDDEN, "confirm_first", detail),
            Error::TooManyAttempts { seconds } => Self {
                retry_after: Some(seconds),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", detail)
            },
            Error::WrongKey => Self {
                error: Some(PostmanError { name: "AuthenticationError", message: detail.clone() }),
                ..Self::new(StatusCode::UNAUTHORIZED, "wrong_api_key", detail)
            },
            Error::TooManyKeys { seconds } => Self {
                retry_after: Some(seconds),
                error: Some(PostmanError { name: "rateLimited", message: detail.clone() }),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", detail)
            },
            Error::Crowded { seconds } => Self {
                retry_after: Some(seconds),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_reads", detail)
            },
            Error::NotFound { .. } => Self::new(StatusCode::NOT_FOUND, "not_found", detail),
            Error::Forbidden { .. } => Self::new(StatusCode::FORBIDDEN, "forbidden", detail),
            Error::PlanNeeded { plan, .. } => {
                Self { plan: Some(plan.name()), ..Self::new(StatusCode::FORBIDDEN, "plan_needed", detail) }
            }
            Error::CrossSite(_) => Self::new(StatusCode::FORBIDDEN, "cross_site", detail),
            Error::Stale { current, .. } => {
                Self { current: Some(*current), ..Self::new(StatusCode::CONFLICT, "stale", detail) }
            }
            Error::Conflict { code, .. } => Self::new(StatusCode::CONFLICT, code, detail),
            Error::Refused { code, .. } => Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail),
            Error::Invalid(errors) => Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail) },
            Error::TooLarge(_) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail),
            Error::BadRequest(_) => Self::new(StatusCode::BAD_REQUEST, "bad_request", detail),
            Error::Import(error @ ReadError::TooLarge { .. }) => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, error.code(), detail)
            }
            Error::Import(error) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), detail),
            Error::Busy(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail),
            Error::Database(bulla_db::Error::Busy(_)) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "too much is going on; nothing was changed, try again in a moment",
            ),
            // Two changes at once, such as something new in a workspace that is being deleted.
            Error::Database(bulla_db::Error::Conflict(_)) => Self::new(
                StatusCode::CONFLICT,
                "conflict",
                "another change came first; nothing was changed, read it again and retry",
            ),
            Error::Database(bulla_db::Error::Character) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "bad_text",
                "a text in it holds the character U+0000, which cannot be stored; take it out and try again",
            ),
            Error::Database(_) | Error::Seal(_) | Error::Unexpected(_) => {
                // The detail may name tables or paths, so only the log gets it; the request's span names the request.
                tracing::error!(error = %detail, "unexpected error");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "unexpected",
                    "something went wrong on the server; its log has more under this request id",
                )
            }
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

impl From<JsonRejection> for Error {
    fn from(rejection: JsonRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::TooLarge("the body is larger than this route takes".to_owned());
        }
        Self::BadRequest(rejection.body_text())
    }
}

impl From<PathRejection> for Error {
    fn from(rejection: PathRejection) -> Self {
        Self::BadRequest(rejection.body_text())
    }
}

impl From<QueryRejection> for Error {
    fn from(rejection: QueryRejection) -> Self {
        Self::BadRequest(rejection.body_text())
    }
}

/// A JSON body or answer whose refusal is a problem document.
pub struct Json<T>(pub T);

/// Most bytes of a refused body that are still taken from the wire.
const HEARD_OUT: u64 = 128 * 1024 * 1024;

impl<T: serde::de::DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let announced = request.headers().get(CONTENT_LENGTH).and_then(|size| size.to_str().ok()?.parse::<u64>().ok());
        if let Some(size) = announced.filter(|size| *size > crate::app::BODY as u64) {
            // Whoever still writes does not read: without this the sender sees a broken pipe and never hears why.
            if size <= HEARD_OUT {
                let mut pieces = request.into_body().into_data_stream();
                while let Some(Ok(_)) = pieces.next().await {}
            }
            return Err(Error::TooLarge("the body is larger than this route takes".to_owned()));
        }
        Ok(Self(axum::Json::from_request(request, state).await?.0))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Parts of the path whose refusal is a problem document.
#[derive(axum::extract::FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Error))]
pub struct Path<T>(pub T);

/// Parts of the query whose refusal is a problem document.
#[derive(axum::extract::FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Error))]
pub struct Query<T>(pub T);
