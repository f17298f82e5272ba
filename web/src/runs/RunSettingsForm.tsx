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
        <TextField
          label="Virtual users"
          type="number"
          min={1}
          max={16}
          step={1}
          hint="So many iterations go on at a time, each with cookies and variables of its own."
          value={settings.parallel}
          onChange={(parallel) => set({ parallel })}
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
          <TextField
            label="Retries"
            type="number"
            min={0}
            max={10}
            step={1}
            value={settings.retries}
            onChange={(value) => set({ retries: value })}
          />
          <TextField
            label="Retry pause, in ms"
            type="number"
            min={0}
            max={60_000}
            step={1}
            disabled={!retries}
            value={settings.retryPause}
            onChange={(retryPause) => set({ retryPause })}
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
          <TextField
            label="Request timeout, in ms"
            type="number"
            min={0}
            step={1}
            placeholder="600000"
            value={settings.requestTimeout}
            onChange={(requestTimeout) => set({ requestTimeout })}
          />
          <TextField
            label="Script timeout, in ms"
            type="number"
            min={0}
            step={1}
            placeholder="60000"
            value={settings.scriptTimeout}
            onChange={(scriptTimeout) => set({ scriptTimeout })}
          />
        </div>
        <div className={styles.pair}>
          <TextField
            label="Run timeout, in ms"
            type="number"
            min={0}
            step={1}
            placeholder="21600000"
            value={settings.timeout}
            onChange={(timeout) => set({ timeout })}
          />
          <TextField
            label="Seed"
            type="number"
            min={0}
            step={1}
            placeholder="none"
            value={settings.seed}
            onChange={(seed) => set({ seed })}
          />
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
