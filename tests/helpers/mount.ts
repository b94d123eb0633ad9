/** Small file systems of their own, where the tests may mount them. */

/** Why nothing can be mounted; undefined where it can. */
export async function whyNoMount(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "no tmpfs on this system";
  for (const command of ["mount", "umount"]) {
    if (Deno.permissions.querySync({ name: "run", command }).state !== "granted") {
      return `${command} is not allowed`;
    }
  }
  const folder = await Deno.makeTempDir({ prefix: "ccboost-mount-" });
  try {
    await mount(folder, "size=64k");
    await run("umount", folder);
    return undefined;
  } catch (cause) {
    return cause instanceof Error ? cause.message.trim() : String(cause);
  } finally {
    await Deno.remove(folder);
  }
}

/** Runs a test in a file system in memory, of a size such as `4m`. `remount` changes its options, such as to `ro`. */
export async function inFileSystem(
  size: string,
  test: (folder: string, remount: (options: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ccboost-mount-" });
  await mount(folder, `size=${size}`);
  try {
    await test(folder, (options) => run("mount", "-o", `remount,${options}`, folder));
  } finally {
    await run("umount", "-l", folder);
    await Deno.remove(folder);
  }
}

function mount(folder: string, options: string): Promise<void> {
  return run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder);
}

async function run(command: string, ...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args: [...args] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
