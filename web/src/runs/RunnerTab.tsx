import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { isProblem, problemText } from "../api/client";
import { collectionQuery, environmentsQuery, itemQuery, nodesQuery } from "../api/resources";
import { useOpen } from "../app/open";
import { useActiveEnvironment } from "../environments/active";
import { localsFor } from "../environments/locals";
import { Button, IconButton } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Checkbox, Select, TextField } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { Method } from "../ui/Method";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import { type DataFile, readData } from "./data";
import { bytes, count } from "./format";
import { type Choice, chosenIds, movedStep, ordered, type Step, stepsOf } from "./order";
import { optionsOf, type RunSettings, usualSettings } from "./options";
import { forgetRun, startRun, useRun } from "./run";
import { RunResults } from "./RunResults";
import { RunSettingsForm } from "./RunSettingsForm";
import styles from "./RunnerTab.module.css";

interface Data {
  name: string;
  text: string;
  size: number;
  file: DataFile;
}

/** The tab that runs a collection or a folder: choose what, then watch it. */
export function RunnerTab({
  collectionId,
  folderId,
  workspaceId,
}: {
  collectionId: string;
  folderId?: string;
  workspaceId: string;
}) {
  const key = `${collectionId}/${folderId ?? ""}`;
  const collection = useQuery(collectionQuery(collectionId));
  const folder = useQuery({ ...itemQuery(folderId ?? ""), enabled: folderId !== undefined }).data;
  const nodes = useQuery(nodesQuery(collectionId));
  const environments = useQuery(environmentsQuery(workspaceId)).data?.items ?? [];
  const active = useActiveEnvironment(workspaceId);
  const open = useOpen(workspaceId);
  const run = useRun(key);

  const [choice, setChoice] = useState<Choice>({ order: [], off: new Set() });
  const [environment, setEnvironment] = useState<string>("active");
  const [iterations, setIterations] = useState<string | null>(null);
  const [delay, setDelay] = useState("0");
  const [settings, setSettings] = useState<RunSettings>(usualSettings);
  const [data, setData] = useState<Data | null>(null);

  const steps = useMemo(() => stepsOf(nodes.data ?? [], folderId ?? null), [nodes.data, folderId]);
  const now = useMemo(() => ordered(steps, choice), [steps, choice]);
  const chosen = now.filter((step) => !choice.off.has(step.id)).length;

  const problem = collection.error ?? nodes.error;
  if (isProblem(problem) && problem.status === 404)
    return (
      <EmptyState icon="play" title="This collection is not here any more">
        It was deleted, or it is not shared with you.
      </EmptyState>
    );
  if (problem)
    return (
      <div className={styles.page}>
        <Notice kind="problem">{problemText(problem)}</Notice>
      </div>
    );
  if (!collection.data || !nodes.data) return <Spinner label="Loading the collection" />;

  const name = folderId === undefined ? collection.data.name : (folder?.name ?? "…");
  const rows = data?.file.ok ? data.file.rows : null;
  const wantedIterations = Math.max(1, Math.floor(Number(iterations ?? rows ?? 1)) || 1);
  const dataIsBad = data !== null && !data.file.ok;

  function start() {
    if (!collection.data || chosen === 0 || dataIsBad) return;
    const environmentId =
      environment === "active" ? (active?.id ?? null) : environment === "none" ? null : environment;
    const where = { workspaceId, environmentId, collectionId };
    const itemIds = chosenIds(steps, choice);
    void startRun(
      key,
      {
        collectionId,
        iterations: wantedIterations,
        delayMs: Math.max(0, Math.floor(Number(delay)) || 0),
        ...optionsOf(settings),
        reports: ["html", "junit", "json"],
        locals: localsFor(where),
        ...(folderId === undefined ? {} : { folderId }),
        ...(itemIds === null ? {} : { itemIds }),
        ...(environmentId === null ? {} : { environmentId }),
        ...(data === null ? {} : { data: data.text, dataName: data.name }),
      },
      where,
      name,
      { keepsVariables: settings.keepVariables },
    );
  }

  if (run)
    return (
      <RunResults
        key={run.startedAt}
        run={run}
        name={name}
        runKey={key}
        onAgain={start}
        onNew={() => forgetRun(key)}
      />
    );

  return (
    <form
      className={styles.page}
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      <header className={styles.header}>
        <Icon name="play" size={18} className={styles.kind} />
        <h1>Run {name}</h1>
        <span className={styles.space} />
        <Button kind="primary" icon="play" type="submit" disabled={chosen === 0 || dataIsBad}>
          Run {count(chosen, "request")}
        </Button>
      </header>
      <div className={styles.setup}>
        <Order steps={now} choice={choice} onChange={setChoice} />
        <section className={styles.settings} aria-label="Settings of the run">
          <h2>Settings</h2>
          <Select
            label="Environment"
            value={environment}
            options={[
              { value: "active", label: active ? `The active one: ${active.name}` : "The active one: none" },
              { value: "none", label: "None" },
              ...environments.map(({ id, name: label }) => ({ value: id, label })),
            ]}
            onChange={setEnvironment}
          />
          <div className={styles.pair}>
            <TextField
              label="Iterations"
              type="number"
              min={1}
              step={1}
              value={iterations ?? String(rows ?? 1)}
              onChange={setIterations}
            />
            <TextField
              label="Delay, in ms"
              type="number"
              min={0}
              step={1}
              value={delay}
              onChange={setDelay}
            />
          </div>
          <DataField data={data} onChange={setData} />
          <RunSettingsForm settings={settings} onChange={setSettings} />
          <p className={styles.hint}>
            The run happens on the server, with your local values, which are used for this run only.{" "}
            <button
              type="button"
              className={styles.linkButton}
              onClick={() => open({ kind: "collection", id: collectionId })}
            >
              Variables of the collection
            </button>
          </p>
        </section>
      </div>
    </form>
  );
}

/** Which requests run, and in which order. */
function Order({
  steps,
  choice,
  onChange,
}: {
  steps: readonly Step[];
  choice: Choice;
  onChange: (choice: Choice) => void;
}) {
  const scroll = useRef<HTMLDivElement>(null);
  const dragged = useRef<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const rows = useVirtualizer({
    count: steps.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 34,
    overscan: 12,
  });
  const changed = choice.order.length > 0 || choice.off.size > 0;
  const move = (from: number, to: number) => onChange({ ...choice, order: movedStep(steps, from, to) });

  return (
    <section className={styles.order} aria-label="Order of the run">
      <header>
        <h2>Order</h2>
        <span className={styles.space} />
        <Button
          kind="quiet"
          size="small"
          onClick={() =>
            onChange({ ...choice, off: new Set(choice.off.size > 0 ? [] : steps.map((step) => step.id)) })
          }
        >
          {choice.off.size > 0 ? "Tick all" : "Tick none"}
        </Button>
        <Button
          kind="quiet"
          size="small"
          disabled={!changed}
          onClick={() => onChange({ order: [], off: new Set() })}
        >
          Reset
        </Button>
      </header>
      {steps.length === 0 ? (
        <EmptyState compact icon="request" title="Nothing to run">
          There are no requests in here yet. Add one to the collection, then come back.
        </EmptyState>
      ) : (
        <div ref={scroll} className={styles.steps}>
          <ol style={{ height: rows.getTotalSize() }} aria-label="Requests in the order of the run">
            {rows.getVirtualItems().map(({ index, start }) => {
              const step = steps[index];
              if (!step) return null;
              const on = !choice.off.has(step.id);
              return (
                <li
                  key={step.id}
                  aria-setsize={steps.length}
                  aria-posinset={index + 1}
                  data-off={!on || undefined}
                  data-over={over === index || undefined}
                  style={{ transform: `translateY(${start}px)` }}
                  draggable
                  onDragStart={(event) => {
                    dragged.current = index;
                    event.dataTransfer.effectAllowed = "move";
                  }}
                  onDragOver={(event) => {
                    if (dragged.current === null) return;
                    event.preventDefault();
                    setOver(index);
                  }}
                  onDragEnd={() => {
                    dragged.current = null;
                    setOver(null);
                  }}
                  onDrop={(event) => {
                    event.preventDefault();
                    if (dragged.current !== null) move(dragged.current, index);
                    dragged.current = null;
                    setOver(null);
                  }}
                  onKeyDown={(event) => {
                    const by = event.altKey ? { ArrowUp: -1, ArrowDown: 1 }[event.key] : undefined;
                    if (by === undefined) return;
                    event.preventDefault();
                    move(index, index + by);
                  }}
                >
                  <Icon name="drag" size={14} className={styles.drag} />
                  <Checkbox
                    label={`Run ${step.name}`}
                    labelHidden
                    checked={on}
                    onChange={(checked) => {
                      const off = new Set(choice.off);
                      if (checked) off.delete(step.id);
                      else off.add(step.id);
                      onChange({ ...choice, off });
                    }}
                  />
                  <Method method={step.method ?? "GET"} short />
                  <span className={styles.stepName}>{step.name}</span>
                  <span className={styles.stepPath}>{step.path}</span>
                  <IconButton
                    size="small"
                    icon="arrow-up"
                    label={`Move ${step.name} up`}
                    disabled={index === 0}
                    onClick={() => move(index, index - 1)}
                  />
                  <IconButton
                    size="small"
                    icon="arrow-down"
                    label={`Move ${step.name} down`}
                    disabled={index === steps.length - 1}
                    onClick={() => move(index, index + 1)}
                  />
                </li>
              );
            })}
          </ol>
        </div>
      )}
    </section>
  );
}

/** A file with the values of each iteration. */
function DataField({ data, onChange }: { data: Data | null; onChange: (data: Data | null) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const take = async (file: File | undefined) => {
    if (!file) return;
    const text = await file.text();
    onChange({ name: file.name, text, size: file.size, file: readData(file.name, text) });
  };
  return (
    <div className={styles.data}>
      <span className={styles.label} id="data-file">
        Data file
      </span>
      <div
        className={styles.drop}
        data-over={over || undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void take(event.dataTransfer.files[0]);
        }}
      >
        <input
          ref={input}
          type="file"
          accept=".csv,.json,text/csv,application/json"
          className="visually-hidden"
          tabIndex={-1}
          aria-labelledby="data-file"
          onChange={(event) => {
            void take(event.target.files?.[0]);
            event.target.value = "";
          }}
        />
        {data === null ? (
          <>
            <Button size="small" icon="import" onClick={() => input.current?.click()}>
              Choose a file
            </Button>
            <span className={styles.hint}>CSV or JSON, one iteration a line. Or drop it here.</span>
          </>
        ) : (
          <>
            <span className={styles.fileName}>
              {data.name}
              <span className={styles.hint}>
                {bytes(data.size)}
                {data.file.ok && `, ${count(data.file.rows, "iteration")}`}
              </span>
            </span>
            <Button size="small" onClick={() => input.current?.click()}>
              Another
            </Button>
            <IconButton
              size="small"
              icon="close"
              label={`Do not use ${data.name}`}
              onClick={() => onChange(null)}
            />
          </>
        )}
      </div>
      {data && !data.file.ok && <Notice kind="problem">{data.file.problem}</Notice>}
      {data?.file.ok && <DataPreview file={data.file} />}
    </div>
  );
}

function DataPreview({ file }: { file: Extract<DataFile, { ok: true }> }) {
  return (
    // What scrolls must be reachable from the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.preview} tabIndex={0} role="region" aria-label="The beginning of the data file">
      <table>
        <thead>
          <tr>
            <th>#</th>
            {file.columns.map((column) => (
              <th key={column}>{column}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {file.sample.slice(0, 10).map((row, index) => (
            <tr key={index}>
              <td>{index + 1}</td>
              {file.columns.map((column) => (
                <td key={column}>{row[column] ?? ""}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {file.rows > 10 && <p className={styles.hint}>and {count(file.rows - 10, "more iteration")}</p>}
    </div>
  );
}
