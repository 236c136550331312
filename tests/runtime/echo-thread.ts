/** A thread that sends back what it is sent. */
import { serveThread } from "../../runtime/host/thread.ts";

serveThread((message, post) => post(message, []));
