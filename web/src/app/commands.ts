import type { IconName } from "../ui/Icon";

/** Something one can do from anywhere: in the palette, by its keys, in the list of shortcuts. */
export interface Command {
  id: string;
  label: string;
  icon: IconName;
  /** As `isKeys` reads them. None of them belongs to a browser. */
  keys?: string;
  run: () => void;
}
