import { Button } from "../ui/Button";
import { Checkbox, Select, TextField } from "../ui/Field";
import { count } from "./format";
import { changedSettings, type RunSettings, usualSettings } from "./options";
import styles from "./RunnerTab.module.css";

/** Everything about a run that most runs leave as it is. */
export function RunSettingsForm({
  settings,
  onChange,
}: {
  settings: RunSettings;
  onChange: (settings: RunSettings) => void;
}) {
  const set = (part: Partial<RunSettings>) => onChange({ ...settings, ...part });
  const changed = changedSettings(settings);
  const retries = Number(settings.retries) > 0;
  return (
    <details className={styles.more}>
      <summary>
        More settings
        {changed > 0 && <span className={styles.changed}>{count(changed, "change")}</span>}
      </summary>
      <div className={styles.moreFields}>
        <NumberField
          label="Virtual users"
          of="parallel"
          min={1}
          max={16}
          hint="So many iterations go on at a time, each with cookies and variables of its own."
          settings={settings}
          onChange={onChange}
        />
        <Select<RunSettings["bail"]>
          label="When something fails"
          value={settings.bail}
          options={[
            { value: "never", label: "Go on" },
            { value: "failure", label: "Stop after its request" },
            { value: "folder", label: "Stop at once if a request or script fails" },
          ]}
          onChange={(bail) => set({ bail })}
        />
        <div className={styles.pair}>
          <NumberField label="Retries" of="retries" max={10} settings={settings} onChange={onChange} />
          <NumberField
            label="Retry pause, in ms"
            of="retryPause"
            max={60_000}
            disabled={!retries}
            settings={settings}
            onChange={onChange}
          />
        </div>
        <TextField
          label="Retry on"
          autoComplete="off"
          spellCheck={false}
          disabled={!retries}
          hint="network, a status, 5xx, or a range such as 500-503"
          value={settings.retryOn}
          onChange={(retryOn) => set({ retryOn })}
        />
        <div className={styles.pair}>
          <NumberField
            label="Request timeout, in ms"
            of="requestTimeout"
            placeholder="600000"
            settings={settings}
            onChange={onChange}
          />
          <NumberField
            label="Script timeout, in ms"
            of="scriptTimeout"
            placeholder="60000"
            settings={settings}
            onChange={onChange}
          />
        </div>
        <div className={styles.pair}>
          <NumberField
            label="Run timeout, in ms"
            of="timeout"
            placeholder="21600000"
            settings={settings}
            onChange={onChange}
          />
          <NumberField label="Seed" of="seed" placeholder="none" settings={settings} onChange={onChange} />
        </div>
        <Select<RunSettings["cookies"]>
          label="Cookies"
          value={settings.cookies}
          options={[
            { value: "shared", label: "Begin with mine, and keep new ones" },
            { value: "copy", label: "Begin with mine, and leave mine as they are" },
            { value: "fresh", label: "Begin with none, and leave mine as they are" },
          ]}
          onChange={(cookies) => set({ cookies })}
        />
        <Checkbox
          label="Keep the values that scripts give variables"
          checked={settings.keepVariables}
          onChange={(keepVariables) => set({ keepVariables })}
        />
        <Checkbox
          label="Save the bodies of responses"
          checked={settings.saveResponses}
          onChange={(saveResponses) => set({ saveResponses })}
        />
        <Checkbox
          label="Accept any certificate"
          checked={settings.insecure}
          onChange={(insecure) => set({ insecure })}
        />
        <Checkbox
          label="Do not follow redirects"
          checked={settings.ignoreRedirects}
          onChange={(ignoreRedirects) => set({ ignoreRedirects })}
        />
        <div>
          <Button size="small" disabled={changed === 0} onClick={() => onChange(usualSettings)}>
            Reset the settings
          </Button>
        </div>
      </div>
    </details>
  );
}

/** A setting that is a whole number. */
function NumberField({
  of,
  min = 0,
  settings,
  onChange,
  ...field
}: {
  of: "parallel" | "retries" | "retryPause" | "requestTimeout" | "scriptTimeout" | "timeout" | "seed";
  label: string;
  min?: number;
  max?: number;
  hint?: string;
  placeholder?: string;
  disabled?: boolean;
  settings: RunSettings;
  onChange: (settings: RunSettings) => void;
}) {
  return (
    <TextField
      {...field}
      type="number"
      min={min}
      step={1}
      value={settings[of]}
      onChange={(typed) => onChange({ ...settings, [of]: typed })}
    />
  );
}
