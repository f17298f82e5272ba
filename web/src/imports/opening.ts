import { createContext, use } from "react";

/** What an import starts with: nothing yet, files, or pasted text. */
export type ImportStart = { files: readonly File[] } | { text: string } | null;

/** Opens the import dialog of the page it is on. */
export const ImportContext = createContext<(start?: ImportStart) => void>(() => {});

/** A function that opens the import dialog. */
export function useImport(): () => void {
  const start = use(ImportContext);
  return () => start(null);
}
