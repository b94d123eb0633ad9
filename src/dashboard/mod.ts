/** The dashboard: a server over a work folder, and its page. */
export { type Dashboard, type DashboardOptions, startDashboard } from "./server/start.ts";
export { isPageOld } from "./server/start.ts";
export { startDashboardThread } from "./server/thread.ts";
