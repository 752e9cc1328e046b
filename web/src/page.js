// The GraphiQL page itself, shared by the bundled page (main.js) and the one that loads GraphiQL from a CDN
// (../cdn/main.js, where the browser reads this file as it stands: no JSX, no style sheets, no bundler's tricks).
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { Kind, parse } from 'graphql';
import { createClient } from 'graphql-ws';

const ENDPOINT = '/graphql';
const SETTINGS = '/graphiql/settings.json';

/** Opens GraphiQL in `root`, with the server's examples as its first tabs and its demo token as the sign-in. */
export async function open(root) {
  const { token, examples } = await settings();
  const tabs = examples.map(({ query, variables }) => ({ query, variables: asText(variables) }));
  const first = remembered() ?? tabs[0];
  createRoot(root).render(
    createElement(GraphiQL, {
      fetcher: fetcher(),
      storage: withoutHeaders(localStorage),
      // Every tab without headers of its own gets these. Tokens aren't kept in local storage, so after a reload the
      // tabs have the server's fresh one.
      defaultHeaders: token ? asText({ Authorization: `Bearer ${token}` }) : undefined,
      shouldPersistHeaders: false,
      defaultTabs: tabs.length > 0 ? tabs : undefined,
      // GraphiQL fills the first tab's query in by itself, but forgets its variables.
      initialQuery: first?.query ?? undefined,
      initialVariables: first?.variables ?? undefined,
      defaultEditorToolsVisibility: 'variables',
      inputValueDeprecation: true,
      schemaDescription: true,
    }),
  );
}

/**
 * Local storage that never sees a header, and so no token: GraphiQL leaves headers out of the tabs that it keeps, but not
 * out of its history.
 */
function withoutHeaders(storage) {
  const ours = () => Object.keys(storage).filter((key) => key.startsWith('graphiql:'));
  return {
    getItem: (key) => storage.getItem(key),
    setItem: (key, value) => storage.setItem(key, bare(value)),
    removeItem: (key) => storage.removeItem(key),
    clear: () => ours().forEach((key) => storage.removeItem(key)),
    get length() {
      return ours().length;
    },
  };
}

/** JSON with its `headers` emptied; every other text as it is. */
function bare(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' ? JSON.stringify(value, (key, part) => (key === 'headers' ? undefined : part)) : text;
  } catch {
    return text;
  }
}

/** The tab that was open at the last visit, if GraphiQL has kept one. */
function remembered() {
  try {
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem('graphiql:tabState'));
    return tabs[activeTabIndex];
  } catch {
    return undefined;
  }
}

const asText = (value) => JSON.stringify(value ?? {}, null, 2);

/** `{ token: string | null, examples: [{ title, query, variables }] }`; a page without them is still of use. */
async function settings() {
  try {
    const response = await fetch(SETTINGS, { headers: { Accept: 'application/json' } });
    if (!response.ok) throw new Error(`${SETTINGS} answered ${response.status}`);
    const { token = null, examples = [] } = await response.json();
    return { token, examples };
  } catch (error) {
    console.error('GraphiQL opens without examples:', error);
    return { token: null, examples: [] };
  }
}

/** Queries and mutations by POST; subscriptions over graphql-transport-ws, signed in by the same header. */
function fetcher() {
  let authorization;
  const url = new URL(ENDPOINT, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  // Lazy: each subscription opens a connection of its own, so it is made with the header of that moment.
  const wsClient = createClient({
    url: url.href,
    lazy: true,
    connectionParams: () => (authorization ? { Authorization: authorization } : {}),
  });
  const send = createGraphiQLFetcher({
    url: ENDPOINT,
    enableIncrementalDelivery: false,
    wsClient,
  });
  return (params, options) => {
    const headers = Object.entries(options?.headers ?? {});
    authorization = headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1];
    return send(...toTheText(params, options));
  };
}

/**
 * GraphiQL reads the name and the kind of the operation out of the text a moment after it has changed. Who switches
 * the tab and runs it at once would send the name of the other tab's operation, so they are read here again.
 */
function toTheText(params, options) {
  try {
    const documentAST = parse(params.query);
    const operations = documentAST.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    const named = operations.find(({ name }) => name?.value === params.operationName);
    const operation = named ?? (operations.length === 1 ? operations[0] : undefined);
    return [{ ...params, operationName: operation?.name?.value }, { ...options, documentAST }];
  } catch {
    // What doesn't parse goes out as it is: the server says best what is wrong with it.
    return [params, options];
  }
}
