// The entry of the page that loads GraphiQL from a CDN, by the import map of index.html.
import 'graphiql/setup-workers/esm.sh';
import { open } from '../src/page.js';

await open(document.getElementById('graphiql'));
