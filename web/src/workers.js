// Tells the editor (Monaco) where its workers are. As graphiql/setup-workers/vite, without its console chatter.
import EditorWorker from 'monaco-editor/esm/vs/editor/editor.worker.js?worker';
import JsonWorker from 'monaco-editor/esm/vs/language/json/json.worker.js?worker';
import GraphQLWorker from 'monaco-graphql/esm/graphql.worker.js?worker';

const workers = { json: JsonWorker, graphql: GraphQLWorker };

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const Worker = workers[label] ?? EditorWorker;
    return new Worker();
  },
};
