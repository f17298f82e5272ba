//! Reports of runs: written while a run goes on, and kept, sealed, as long as its line of history, for whoever ran it.
//!
//! They are made of the events of the run, in which secrets are hidden already. While they are written they are in files
//! that only this program can read.

use std::collections::HashSet;
use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bulla_db::{Reader, sql};
use bulla_runner::report::{Html, JUnit, Json, Reporter};
use bulla_runner::{Event, Plan, Summary};
use bulla_seal::Key;
use bytes::Bytes;
use object_store::path::Path;
use serde::{Deserialize, Serialize};

use super::objects::{GRACE, Home, Objects};
use crate::error::{Error, Result};
use crate::id::{RunId, WorkspaceId};
use crate::keys::Vault;
use crate::operation::Change;

/// What a run may tell, in bytes of its events, before the reports end that hold all of it.
const TOLD: usize = 64 * 1024 * 1024;
/// Largest report that is kept, in bytes.
const LARGEST: u64 = 160 * 1024 * 1024;
/// Most bytes of reports that are kept for one person: beyond them the oldest go.
const ROOM: i64 = 512 * 1024 * 1024;

/// A form of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReportFormat {
    /// A page for people.
    Html,
    /// What build servers read.
    Junit,
    /// Everything, in the shape of newman's.
    Json,
}

impl ReportFormat {
    const ALL: [Self; 3] = [Self::Html, Self::Junit, Self::Json];

    /// The word for it in the database and in events.
    pub fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Junit => "junit",
            Self::Json => "json",
        }
    }

    /// The ending of its file.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Junit => "xml",
            Self::Json => "json",
        }
    }

    /// Those whose words stand in `text`.
    pub(super) fn listed(text: &str) -> Vec<Self> {
        let words: HashSet<&str> = text.split(' ').collect();
        Self::ALL.into_iter().filter(|format| words.contains(format.name())).collect()
    }
}

/// The reports of one run while it goes on.
pub(super) struct Writing {
    folder: tempfile::TempDir,
    reporters: Vec<(ReportFormat, Box<dyn Reporter + Send + Sync>)>,
    told: usize,
}

impl Writing {
    /// Begins those of a run of `plan`.
    ///
    /// # Errors
    ///
    /// If there is no room for temporary files.
    pub(super) fn begin(plan: &Plan, formats: &[ReportFormat]) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut reporters: Vec<(ReportFormat, Box<dyn Reporter + Send + Sync>)> = Vec::new();
        for format in ReportFormat::ALL.into_iter().filter(|format| formats.contains(format)) {
            let path = file_in(folder.path(), format);
            reporters.push((
                format,
                match format {
                    ReportFormat::Html => Box::new(Html::new(&path)?),
                    ReportFormat::Junit => Box::new(JUnit::new(&path)),
                    ReportFormat::Json => Box::new(Json::create(&path, &plan.collection, &bulla_runner::mask(plan))?),
                },
            ));
        }
        Ok(Self { folder, reporters, told: 0 })
    }

    /// Tells them of an event that has `bytes` as JSON. One that cannot be written ends.
    pub(super) fn event(&mut self, event: &Event, bytes: usize) {
        let before = self.told;
        self.told = self.told.saturating_add(bytes);
        if before <= TOLD && self.told > TOLD {
            // The page leaves out what is too much for it; the others hold all or nothing.
            self.reporters.retain(|(format, _)| *format == ReportFormat::Html);
        }
        self.reporters.retain_mut(|(format, reporter)| match reporter.event(event) {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, format = format.name(), "a report could not be written");
                false
            }
        });
    }

    /// Completes them, and returns their bytes.
    pub(super) fn finish(self, summary: &Summary) -> Vec<(ReportFormat, Vec<u8>)> {
        let Self { folder, reporters, told: _ } = self;
        let complete = |format: ReportFormat, mut reporter: Box<dyn Reporter + Send + Sync>| {
            reporter.finish(summary)?;
            let path = file_in(folder.path(), format);
            if std::fs::metadata(&path)?.len() > LARGEST {
                return Ok(None);
            }
            std::fs::read(&path).map(Some)
        };
        let mut done = Vec::new();
        for (format, reporter) in reporters {
            match complete(format, reporter) {
                Ok(Some(bytes)) => done.push((format, bytes)),
                Ok(None) => tracing::warn!(format = format.name(), "a report is too large to be kept"),
                Err(error) => {
                    let error: io::Error = error;
                    tracing::error!(%error, format = format.name(), "a report could not be written");
                }
            }
        }
        done
    }
}

fn file_in(folder: &FilePath, format: ReportFormat) -> PathBuf {
    folder.join(format!("report.{}", format.ending()))
}

/// Where the bytes of reports are.
#[derive(Clone)]
pub(super) struct Reports {
    objects: Objects,
}

/// A report in the object store.
pub(super) struct Stored {
    pub format: ReportFormat,
    /// In bytes, before it was sealed.
    size: i64,
}

impl Reports {
    /// Reports in files below `folder`.
    ///
    /// # Errors
    ///
    /// If the folder cannot be made.
    pub(super) fn in_folder(folder: &FilePath) -> Result<Self> {
        Ok(Self { objects: Objects::in_folder(folder, "reports", ("history_entry", "reports"))? })
    }

    /// Seals a report of `run` and writes it. Nobody can read it until [`keep`].
    ///
    /// # Errors
    ///
    /// If it cannot be sealed or stored.
    pub(super) async fn store(
        &self,
        key: Arc<Key>,
        team: &str,
        run: &RunId,
        (format, bytes): (ReportFormat, Vec<u8>),
    ) -> Result<Stored> {
        let size = i64::try_from(bytes.len()).map_err(Error::unexpected)?;
        self.objects.put(&object(run, format), row_of(run, format), team, key, bytes).await?;
        Ok(Stored { format, size })
    }

    /// A report of a run, and the name of what was run.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it has none of that form, or it is there no more.
    pub(super) async fn read(
        &self,
        reader: Reader<'_>,
        vault: &Vault,
        run: &RunId,
        format: ReportFormat,
    ) -> Result<(String, Bytes)> {
        let gone = Error::NotFound { what: "report" };
        let row = sql!("select team, workspace, name, reports from history_entry where id = $1")
            .bind(run)
            .optional(reader)
            .await?;
        let Some(row) = row else { return Err(gone) };
        let kept = row.text_or_null("reports")?.unwrap_or_default();
        if !ReportFormat::listed(&kept).contains(&format) {
            return Err(gone);
        }
        let (team, workspace) = (row.text("team")?, WorkspaceId(row.text("workspace")?));
        let home = Home { team: &team, workspace: &workspace };
        let report = self.objects.get(reader, vault, &object(run, format), row_of(run, format), home).await?;
        Ok((row.text("name")?, report.ok_or(gone)?))
    }

    /// Drops every object whose line of history is gone.
    pub(super) async fn sweep(&self, reader: Reader<'_>) {
        if let Err(error) = self.drop_orphans(reader).await {
            tracing::warn!(%error, "old reports could not be dropped");
        }
    }

    async fn drop_orphans(&self, reader: Reader<'_>) -> Result<()> {
        // Its line may be about to come.
        let old = self.objects.older_than(GRACE).await?;
        if old.is_empty() {
            return Ok(());
        }
        let rows = sql!("select id, reports from history_entry where reports is not null").all(reader).await?;
        let mut kept = HashSet::new();
        for row in &rows {
            let run = RunId(row.text("id")?);
            let formats = ReportFormat::listed(&row.text("reports")?);
            kept.extend(formats.into_iter().map(|format| object(&run, format)));
        }
        self.objects.sweep(old.into_iter().filter(|object| !kept.contains(object))).await;
        Ok(())
    }
}

/// Keeps stored reports of a run with its line of history, and lets go of the oldest of the same person if there are too
/// many bytes of them.
///
/// # Errors
///
/// If the database refuses.
pub(super) async fn keep(change: &mut Change, run: &RunId, stored: &[Stored]) -> Result<()> {
    if stored.is_empty() {
        return Ok(());
    }
    let formats: Vec<&str> = stored.iter().map(|stored| stored.format.name()).collect();
    let size: i64 = stored.iter().map(|stored| stored.size).sum();
    sql!("update history_entry set reports = $1, report_bytes = $2 where id = $3")
        .bind(formats.join(" "))
        .bind(size)
        .bind(run)
        .execute(change.transaction())
        .await?;
    let Some(person) = change.person() else { return Ok(()) };
    sql!(
        "update history_entry set reports = null, report_bytes = null where id in (select id from (select id, \
         sum(report_bytes) over (order by id desc) as total from history_entry \
         where person = $1 and reports is not null) as sums where total > $2)"
    )
    .bind(&person)
    .bind(ROOM.max(size))
    .execute(change.transaction())
    .await?;
    change.text("reports", None, Some(&formats.join(" ")));
    Ok(())
}

fn row_of(run: &RunId, format: ReportFormat) -> String {
    format!("{run} {}", format.name())
}

fn object(run: &RunId, format: ReportFormat) -> Path {
    Path::from(format!("{run}.{}", format.name()))
}
