/** Completion in zsh. */
import {
  type Completable,
  type CompletableFlag,
  firstWords,
  groupsOf,
  quoted,
  USUAL_COMMAND,
} from "./completions_words.ts";

/** The script, for `source` after compinit and for a file `_ccboost` in a folder of fpath. */
export function zshScript(commands: readonly Completable[]): string {
  const first = new Set(firstWords(commands));
  const described = commands.filter(({ name }) => first.has(name)).map(({ name, summary }) =>
    `    ${quoted(`${name}:${summary}`)}`
  );
  const cases = commands.map(({ name, operands, flags }) => {
    const specs = [
      ...flags.map(flagSpec),
      ...operands.map(({ name, choices }, place) =>
        quoted(`${place + 1}:${escaped(name)}:${action(choices)}`)
      ),
    ];
    const word = name.split(" ").at(-1) ?? name; // of a command of a group, as its old name
    const names = name === USUAL_COMMAND ? `${word} | *` : word;
    return `        (${names}) _arguments ${specs.join(" \\\n          ")} ;;`;
  });
  // A pattern for any word comes last.
  const ordered = cases.toSorted((a, b) => Number(a.includes(" | *)")) - Number(b.includes(" | *)")));
  return `#compdef ccboost
# Completion of ccboost in zsh: source <(ccboost completions zsh)
_ccboost() {
  local curcontext="$curcontext" state line
  local -a commands
  commands=(
${described.join("\n")}
  )
  _arguments -C '1: :->command' '*:: :->arguments'
  case $state in
    (command)
      _describe command commands
      _files ;;
    (arguments)
      if (( CURRENT > 2 )) && [[ $words[1] = (${groupsOf(commands).join("|")}) ]]; then
        shift words
        (( CURRENT-- ))
      fi
      case $words[1] in
${ordered.join("\n")}
      esac ;;
  esac
}
if [[ $funcstack[1] = _ccboost ]]; then
  _ccboost "$@"
else
  compdef _ccboost ccboost
fi
`;
}

function flagSpec({ name, value, help, choices, isRepeatable }: CompletableFlag): string {
  const start = `${isRepeatable ? "*" : ""}--${name}`;
  if (value === "") return quoted(`${start}[${escaped(help)}]`);
  return quoted(`${start}=[${escaped(help)}]:${escaped(value)}:${action(choices)}`);
}

function action(choices: readonly string[]): string {
  return choices.length > 0 ? `(${choices.join(" ")})` : "_files";
}

/** In a specification colons and brackets have a meaning. */
function escaped(text: string): string {
  return text.replaceAll(/[\\:[\]]/g, "\\$&");
}
