/**
 * The utility process: it has the client of one user, away from the process that has the windows. Its
 * arguments are the user, the server and the folder.
 */
import { acceptParent } from 'causerie/electron/host';
import { isUserId, openHost } from '../host/open.js';

const [userId, server, data] = process.argv.slice(2);
if (!isUserId(userId) || server === undefined || data === undefined) throw new Error('core needs a user, a server and a folder');
acceptParent(process.parentPort, openHost({ userId, server, data }));
