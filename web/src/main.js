// The bundled page: everything, the editor's workers included, comes from this server.
import 'graphiql/style.css';
import './page.css';
import './workers.js';
import { open } from './page.js';

await open(document.getElementById('graphiql'));
