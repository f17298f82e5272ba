import type { components } from "../api/schema";

export type ReportFormat = components["schemas"]["ReportFormat"];

/** The forms in which a report can be saved. */
export const reportFiles: readonly { format: ReportFormat; label: string }[] = [
  { format: "html", label: "Report as a page (HTML)" },
  { format: "junit", label: "Report for build servers (JUnit)" },
  { format: "json", label: "Report as JSON (newman’s)" },
];

/** Where a report of a run is. */
export function reportAddress(runId: string, format: ReportFormat): string {
  return `/api/runs/${encodeURIComponent(runId)}/reports/${format}`;
}
