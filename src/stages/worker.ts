/** The module of the workers. */
import { serveWorker } from "../engine/mod.ts";
import { service } from "./worker_service.ts";

serveWorker(service);
