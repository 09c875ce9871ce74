export { copyMedia } from './copy-media.ts';
export { fetchMedia } from './fetch-media.ts';
export { importContacts } from './import-contacts.ts';
export { sendMessage } from './send-message.ts';
