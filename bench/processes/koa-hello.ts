/** A baseline of B14: the framework of the API without the product. */
import Koa from 'koa';

const app = new Koa();
app.use((context) => {
  context.body = 'OK';
});
app.listen(Number(process.argv[2]), '127.0.0.1');
