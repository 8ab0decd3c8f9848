/** The scripts ask the program itself for completions, so that they know its options, and names in the cluster. */
export const SCRIPTS = {
  bash: `# bash completion of kubectl-chatapp
_kubectl_chatapp() {
  local IFS=$'\\n' line
  COMPREPLY=()
  while read -r line; do
    case "$line" in
      :0) compopt -o default ;;
      :*) ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(kubectl-chatapp __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _kubectl_chatapp kubectl-chatapp`,
  zsh: `#compdef kubectl-chatapp
_kubectl_chatapp() {
  local line
  local -a choices
  for line in "\${(@f)$(kubectl-chatapp __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case "$line" in
      :0) _files ;;
      :*) ;;
      *) choices+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  (( \${#choices} )) && _describe 'kubectl-chatapp' choices
}
compdef _kubectl_chatapp kubectl-chatapp`,
  fish: `# fish completion of kubectl-chatapp
function __kubectl_chatapp
  set -l words (commandline -opc) (commandline -ct)
  kubectl-chatapp __complete $words[2..-1] 2>/dev/null | string match -v -r '^:'
end
complete -c kubectl-chatapp -f -a '(__kubectl_chatapp)'`,
  kubectl: `#!/bin/sh
# kubectl runs this to complete "kubectl chatapp".
exec kubectl-chatapp __complete "$@"`,
} as const
