import { buildApi } from '../app/api.ts';
import { runProcess } from '../app/process.ts';

await runProcess('api', async (config, logger) => {
  const api = await buildApi(config, logger);
  // While it is made, requests would wait.
  api.http.openApi();
  const { url } = await api.http.listen(config.http.port, config.http.host);
  logger.info({ url }, 'listening');
  return api;
});
