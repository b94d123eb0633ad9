/** Completion in bash, from 3.2 on. */
import {
  allFlags,
  type Completable,
  firstWords,
  groupsOf,
  quoted,
  USUAL_COMMAND,
} from "./completions_words.ts";

/**
 * The script. It offers words where there are some to choose from, and files elsewhere. bash takes `--flag=value` for three words,
 * the middle one `=`.
 */
export function bashScript(commands: readonly Completable[]): string {
  const names = commands.map(({ name }) => name);
  const flags = allFlags(commands);
  const valued = flags.filter(({ value }) => value !== "").map(({ name }) => `--${name}`);
  const chosen = flags.filter(({ choices }) => choices.length > 0)
    .map(({ name, choices }) => `      --${name}) words=${quoted(choices.join(" "))} ;;`);
  const operands = commands.flatMap(({ name, operands }) =>
    operands.flatMap(({ choices }, place) =>
      choices.length > 0 ? [`      ${quoted(name)}:${place}) words=${quoted(choices.join(" "))} ;;`] : []
    )
  );
  const offered = commands.map(({ name, flags }) =>
    `      ${quoted(name)}) words=${quoted(flags.map((flag) => `--${flag.name}`).join(" "))} ;;`
  );
  return `# Completion of ccboost in bash: source <(ccboost completions bash)
_ccboost() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  local command= places=0 words= i word
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${valued.join(" | ")})
        [[ \${COMP_WORDS[i + 1]} != = ]] || ((i++))
        ((i++)) ;;
      -*) ;;
      *) case $command in
        '') command=$word ;;
        ${groupsOf(commands).join(" | ")}) command="$command $word" ;;
        *) ((places++)) ;;
      esac ;;
    esac
  done
  [[ $current != = ]] || current=
  [[ $before != = ]] || before=\${COMP_WORDS[COMP_CWORD - 2]}
  case " ${names.join(" ")} " in
    *" $command "*) ;;
    *) # a configuration alone is run
      command=\${command:+${USUAL_COMMAND}}
      ((places++)) ;;
  esac
  if [[ " ${valued.join(" ")} " == *" $before "* ]]; then
    case $before in
${chosen.join("\n")}
    esac
  elif [[ $current == -* ]]; then
    case \${command:-help} in
${offered.join("\n")}
    esac
  elif [[ -z $command ]]; then
    words=${quoted(firstWords(commands).join(" "))}
  else
    case $command:$places in
${operands.join("\n")}
    esac
  fi
  COMPREPLY=()
  [[ -z $words ]] || COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _ccboost ccboost
`;
}
