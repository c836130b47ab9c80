// Users by session and who has paid, for as long as the server runs.
export const store = (globalThis.store ??= { sessions: new Map(), active: new Set() });

export const userOf = (request) => store.sessions.get(request.cookies.get("session")?.value);
