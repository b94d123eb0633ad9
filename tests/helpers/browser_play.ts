/** What plays of the dashboard in Chromium share. */
import { type Browser, chromium, type Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
export const WAIT = 180_000;

/** A page that fails on whatever a page must not do: errors, violations of its policy, requests to elsewhere. */
export async function openPage(browser: Browser, url: string, faults: string[]): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  page.setDefaultTimeout(WAIT);
  page.on("pageerror", (error) => void faults.push(error.message));
  page.on("console", (message) => {
    // A server that is away is part of the play.
    if (message.type() === "error" && !/ERR_|Failed to load resource/.test(message.text())) {
      faults.push(message.text());
    }
  });
  const server = url.replace(/#.*/, "");
  page.on("request", (request) => {
    if (!request.url().startsWith(server) && !/^(data|blob):/.test(request.url())) {
      faults.push(`asked for ${request.url()}`);
    }
  });
  await page.goto(url);
  return page;
}

/**
 * What Chromium need not do. The first two are pages behind its address bar, which nobody sees here and which take as long as a page that is
 * tested; the others Playwright turns off itself, by the same flag, of which the last one counts.
 */
const NOT_NEEDED = [
  ...["WebUIOmniboxPopup", "WebUIOmniboxAimPopup"],
  ...["AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"],
  ...["HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "OptimizationHints", "PaintHolding"],
];

export function openBrowser(more: readonly string[] = []): Promise<Browser> {
  const args = ["--no-sandbox", `--disable-features=${NOT_NEEDED}`, ...more];
  return chromium.launch({ executablePath: CHROMIUM, args });
}

/** The last line of output, which the test reads. */
export async function tell(result: unknown): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(result)}\n`));
}
