import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { confirmed } from "../accounts/confirming";
import { answered, client, isProblem, problemText } from "../api/client";
import type { components } from "../api/schema";
import { CancelOr, Dialog } from "../ui/Dialog";
import { Checkbox, Select, TextArea, TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { type Format, formats, kinds, type Place, type Stream } from "./streams";

type Destination = components["schemas"]["AuditSinkDestination"];

const formatOptions = (Object.keys(formats) as Format[]).map((value) => ({ value, label: formats[value] }));
const kindOptions = (Object.keys(kinds) as Place["kind"][]).map((value) => ({ value, label: kinds[value] }));

/** What is typed into the form, whatever kind is chosen. */
interface Typed {
  name: string;
  format: Format;
  kind: Place["kind"];
  start: "now" | "oldest";
  host: string;
  port: string;
  ca: string;
  certificate: string;
  key: string;
  url: string;
  authorization: string;
  file: string;
  rotateMib: string;
  daily: boolean;
}

function typedFrom(stream: Stream | null): Typed {
  const place = stream?.destination;
  return {
    name: stream?.name ?? "",
    format: stream?.format ?? "ocsf",
    kind: place?.kind ?? "syslog",
    start: "now",
    host: place?.kind === "syslog" ? place.host : "",
    port: place?.kind === "syslog" ? String(place.port) : "6514",
    ca: (place && place.kind !== "file" && place.ca) || "",
    certificate: (place?.kind === "syslog" && place.certificate) || "",
    key: "",
    url: "",
    authorization: "",
    file: place?.kind === "file" ? place.file : "audit",
    rotateMib: place?.kind === "file" ? String(place.rotateMib) : "100",
    daily: place?.kind === "file" ? place.daily : true,
  };
}

/** What the server is told; an empty secret of a stream that there is stays as it was. */
function destinationOf(typed: Typed): Destination {
  const given = (text: string) => (text.trim() === "" ? null : text);
  switch (typed.kind) {
    case "syslog":
      return {
        kind: "syslog",
        host: typed.host,
        port: Number(typed.port),
        ca: given(typed.ca),
        certificate: given(typed.certificate),
        key: given(typed.key),
      };
    case "webhook":
      return {
        kind: "webhook",
        url: given(typed.url),
        authorization: given(typed.authorization),
        ca: given(typed.ca),
      };
    case "file":
      return { kind: "file", file: typed.file, rotateMib: Number(typed.rotateMib), daily: typed.daily };
  }
}

/** A new stream, or another word about one that there is. */
export function StreamDialog({
  stream,
  files,
  onClose,
  onDone,
}: {
  stream: Stream | null;
  /** Whether the operator has allowed a folder for files. */
  files: boolean;
  onClose: () => void;
  onDone: (secret: string | null) => void;
}) {
  const [typed, setTyped] = useState(() => typedFrom(stream));
  const set = (name: keyof Typed) => (value: string) => setTyped((old) => ({ ...old, [name]: value }));
  const save = useMutation({
    mutationFn: async (): Promise<string | null> => {
      const { name, format, start } = typed;
      const destination = destinationOf(typed);
      if (!stream) {
        const body = { name, format, start, destination };
        const made = await confirmed(() => answered(client.POST("/api/audit/sinks", { body })));
        return made.secret;
      }
      const params = { path: { id: stream.id } };
      const body = { version: stream.version, name, format, destination };
      await confirmed(() => answered(client.PATCH("/api/audit/sinks/{id}", { params, body })));
      return null;
    },
    onSuccess: onDone,
  });
  const errors = isProblem(save.error) ? (save.error.errors ?? []) : [];
  const wrong = (path: string) => errors.find((error) => error.path === path)?.message;
  const kept = stream ? "Leave it empty to keep the one there is." : undefined;

  return (
    <Dialog
      title={stream ? `Edit ${stream.name}` : "New stream"}
      description="Every event of the audit log is sent there from then on."
      onClose={onClose}
      footer={
        <CancelOr onCancel={onClose} type="submit" form="stream" busy={save.isPending}>
          {stream ? "Save" : "Create"}
        </CancelOr>
      }
    >
      <form
        id="stream"
        style={{ display: "flex", flexDirection: "column", gap: 12 }}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <TextField
          label="Name"
          required
          autoFocus
          maxLength={255}
          value={typed.name}
          onChange={set("name")}
          problem={wrong("/name")}
        />
        {!stream && (
          <Select
            label="Destination"
            value={typed.kind}
            options={kindOptions}
            onChange={(kind) => setTyped((old) => ({ ...old, kind }))}
          />
        )}
        <Select
          label="Form of events"
          value={typed.format}
          options={formatOptions}
          onChange={(format) => setTyped((old) => ({ ...old, format }))}
        />
        {typed.kind === "syslog" && (
          <>
            <TextField
              label="Host"
              required
              placeholder="siem.example.com"
              value={typed.host}
              onChange={set("host")}
              problem={wrong("/destination/host")}
              hint="Its certificate must be for this name. RFC 5424 over TLS, with the frames of RFC 5425."
            />
            <TextField
              label="Port"
              required
              type="number"
              min={1}
              max={65535}
              value={typed.port}
              onChange={set("port")}
              problem={wrong("/destination/port")}
            />
          </>
        )}
        {typed.kind === "webhook" && (
          <>
            <TextField
              label="Address"
              required={!stream}
              type="url"
              placeholder="https://siem.example.com/audit"
              value={typed.url}
              onChange={set("url")}
              problem={wrong("/destination/url")}
              hint={
                kept ?? "Messages are signed as Standard Webhooks says; the secret is shown when it is made."
              }
            />
            <TextField
              label="Authorization header (optional)"
              type="password"
              autoComplete="off"
              value={typed.authorization}
              onChange={set("authorization")}
              problem={wrong("/destination/authorization")}
              hint={kept}
            />
          </>
        )}
        {typed.kind !== "file" && (
          <TextArea
            label="Certificate authority (optional)"
            code
            rows={3}
            placeholder="-----BEGIN CERTIFICATE-----"
            value={typed.ca}
            onChange={set("ca")}
            problem={wrong("/destination/ca")}
            hint="In PEM. With one, it alone is trusted; without, those of the server's machine are."
          />
        )}
        {typed.kind === "syslog" && (
          <>
            <TextArea
              label="Client certificate (optional)"
              code
              rows={3}
              value={typed.certificate}
              onChange={set("certificate")}
              problem={wrong("/destination/certificate")}
            />
            <TextArea
              label="Key of the client certificate"
              code
              rows={3}
              value={typed.key}
              onChange={set("key")}
              problem={wrong("/destination/key")}
              hint={kept}
            />
          </>
        )}
        {typed.kind === "file" && (
          <>
            {!files && (
              <Notice kind="warning">
                Whoever runs this server has allowed no folder for audit files; they can, with the setting{" "}
                <code>audit-folder</code>.
              </Notice>
            )}
            <TextField
              label="File"
              required
              value={typed.file}
              onChange={set("file")}
              problem={wrong("/destination/file")}
              hint="Small letters, digits and hyphens."
            />
            <TextField
              label="Begin another file after (MiB)"
              required
              type="number"
              min={1}
              max={10240}
              value={typed.rotateMib}
              onChange={set("rotateMib")}
              problem={wrong("/destination/rotateMib")}
            />
            <Checkbox
              label="Begin another file each day"
              checked={typed.daily}
              onChange={(daily) => setTyped((old) => ({ ...old, daily }))}
            />
          </>
        )}
        {!stream && (
          <Select
            label="Begin with"
            value={typed.start}
            options={[
              { value: "now", label: "What happens from now on" },
              { value: "oldest", label: "The oldest event that is kept" },
            ]}
            onChange={(start) => setTyped((old) => ({ ...old, start }))}
          />
        )}
        {save.error && errors.length === 0 && <Notice kind="problem">{problemText(save.error)}</Notice>}
      </form>
    </Dialog>
  );
}
