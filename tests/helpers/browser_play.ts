/** What plays of the dashboard in Chromium share: the program, and the browser. */
import { type Browser, chromium, type Page } from "playwright-core";
import { CLI } from "./project.ts";

const CHROMIUM = "/usr/bin/chromium";
export const WAIT = 60_000;

/** The program under way, and what it has said. */
export interface Running {
  readonly process: Deno.ChildProcess;
  readonly url: string;
}

export function deno(...args: readonly string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), { args: [...args], stdout: "piped", stderr: "inherit" });
}

/** Starts a command that shows a page, and waits for its address. */
export async function startServing(...args: readonly string[]): Promise<Running> {
  const process = deno(
    "run",
    "--no-prompt",
    "--no-check",
    "--allow-read",
    "--allow-write",
    "--allow-net=127.0.0.1",
    CLI,
    ...args,
  ).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`no address was told: ${text}`);
    text += value;
    const url = /open (http:\S+)/.exec(text)?.[1];
    if (url === undefined) continue;
    void drain(reader);
    return { process, url };
  }
}

async function drain(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}

export async function stop({ process }: Running): Promise<void> {
  process.kill("SIGINT");
  await process.status;
}

export async function ask<T>(url: string, path: string): Promise<T> {
  return await (await fetch(new URL(path, url))).json() as T;
}

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
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) {
      faults.push(`asked for ${request.url()}`);
    }
  });
  await page.goto(url);
  return page;
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}

/** The last line of output, which the test reads. */
export async function tell(result: unknown): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(result)}\n`));
}
