/** The thread of the compute worker. */
import { serveCompute } from "../../models/compute/serve.ts";
import { serveThread } from "../../runtime/host/thread.ts";

serveThread(serveCompute);
