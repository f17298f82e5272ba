/**
 * Drafts too long for the browser's storage of texts, which holds five million signs of everything together. They
 * lie in its database, which holds as much as the disk allows but answers later.
 *
 * A draft is kept as the pieces of its JSON, each under its key and its number. Browsers put a value of more than
 * some sixty thousand bytes beside the database, in a blob whose bytes are fetched from the page later: when the page
 * has gone by then, the value is there and cannot be read. Pieces go into the database with the change itself.
 */
const store = "drafts";
/** Signs in a piece. */
const piece = 16_000;

let opening: Promise<IDBDatabase> | null = null;
let opened: IDBDatabase | null = null;

/** Whether this browser has a database. */
export const hasDatabase = typeof indexedDB !== "undefined";

/** Opens the database, once: a page that is being left has no time for it. */
export function openDatabase(): Promise<IDBDatabase> {
  opening ??= new Promise<IDBDatabase>((resolve, reject) => {
    const asked = indexedDB.open("bulla", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(store);
    asked.onsuccess = () => {
      const database = asked.result;
      opened = database;
      const forget = () => {
        if (opened === database) opened = opening = null;
      };
      database.onclose = forget;
      database.onversionchange = () => {
        database.close();
        forget();
      };
      resolve(database);
    };
    asked.onerror = () => {
      opening = null;
      reject(asked.error ?? new Error("The browser’s database cannot be opened."));
    };
  });
  return opening;
}

function pieces(key: string): IDBKeyRange {
  return IDBKeyRange.bound([key], [key, []]);
}

async function within<Value>(
  mode: IDBTransactionMode,
  work: (drafts: IDBObjectStore) => IDBRequest<Value>,
): Promise<Value> {
  // Without a wait where it is open already: what is asked for before the page goes is still done.
  const database = opened ?? (await openDatabase());
  return new Promise<Value>((resolve, reject) => {
    const change = database.transaction(store, mode, { durability: "strict" });
    const asked = work(change.objectStore(store));
    change.oncomplete = () => resolve(asked.result);
    change.onabort = () => reject(change.error ?? new Error("The browser did not keep the draft."));
    change.commit();
  });
}

/** Keeps a long draft; when the promise is fulfilled, it survives a crash. */
export async function keepLarge(key: string, draft: unknown): Promise<void> {
  const json = JSON.stringify(draft);
  await within("readwrite", (drafts) => {
    const asked = drafts.delete(pieces(key));
    for (let from = 0; from < json.length; from += piece)
      drafts.put(json.slice(from, from + piece), [key, from / piece]);
    return asked;
  });
}

/** A long draft, or `null` if the database has nothing under this key. */
export async function readLarge(key: string): Promise<unknown> {
  const found: unknown[] = await within("readonly", (drafts) => drafts.getAll(pieces(key)));
  return found.length === 0 ? null : (JSON.parse(found.join("")) as unknown);
}

/** Forgets a long draft. */
export async function forgetLarge(key: string): Promise<void> {
  await within("readwrite", (drafts) => drafts.delete(pieces(key)));
}
