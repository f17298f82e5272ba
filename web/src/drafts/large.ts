/**
 * Drafts too long for the browser's storage of texts, which holds five million signs of everything together. They
 * lie in its database, which holds as much as the disk allows but answers later.
 */
const store = "drafts";

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("bulla", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(store);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error("The browser’s database cannot be opened."));
  });
}

async function within<Value>(
  mode: IDBTransactionMode,
  work: (drafts: IDBObjectStore) => IDBRequest<Value>,
): Promise<Value> {
  const opened = await database();
  try {
    return await new Promise<Value>((resolve, reject) => {
      const change = opened.transaction(store, mode);
      const asked = work(change.objectStore(store));
      change.oncomplete = () => resolve(asked.result);
      change.onabort = () => reject(change.error ?? new Error("The browser did not keep the draft."));
    });
  } finally {
    opened.close();
  }
}

/** Whether this browser has a database. */
export const hasDatabase = typeof indexedDB !== "undefined";

/** Keeps a long draft; when the promise is fulfilled, it survives a crash. */
export async function keepLarge(key: string, draft: unknown): Promise<void> {
  await within("readwrite", (drafts) => drafts.put(draft, key));
}

/** A long draft, or `undefined`. */
export function readLarge(key: string): Promise<unknown> {
  return within("readonly", (drafts) => drafts.get(key) as IDBRequest<unknown>);
}

export async function forgetLarge(key: string): Promise<void> {
  await within("readwrite", (drafts) => drafts.delete(key));
}
