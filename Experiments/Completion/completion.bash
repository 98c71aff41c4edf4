# Completion of @NAME@ for bash 4.4 or newer. In ~/.bashrc:
#     source <(@NAME@ completion bash --name @NAME@)
# or once, for a start of the shell that takes no time (again when the program has moved):
#     @NAME@ completion bash --name @NAME@ >> ~/.bash_completion
# Tab then completes commands, data sets, variants, options and their values; bash itself completes paths.

@FUNCTION@() {
  COMPREPLY=()
  # The program reads the line itself: COMP_WORDS is broken at '=' and ':', and has the quotes.
  # Its answer: which paths may come (none, folders, files), what stands before a candidate or a path, what there is of a path, the candidates.
  # The environment has the program start in half the time, by compiling itself with less care.
  local answer=()
  mapfile -t answer < <(DOTNET_TieredCompilation=1 @PROGRAM@ complete bash --breaks="$COMP_WORDBREAKS" -- "${COMP_LINE:0:COMP_POINT}" </dev/null 2>/dev/null)
  (( ${#answer[@]} >= 3 )) || return 0
  local paths=${answer[0]} lead=${answer[1]} path=${answer[2]} candidate
  for candidate in "${answer[@]:3}"; do COMPREPLY+=("$lead${candidate%%$'\t'*}"); done
  # After 'folder:' a path comes, not a blank.
  if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *: ]]; then compopt -o nospace 2>/dev/null; fi

  if [[ $paths == none ]]; then return 0; fi
  if [[ -z $lead && ${#COMPREPLY[@]} == 0 ]]; then
    # Paths alone: bash does it, with its own settings.
    if [[ $paths == folders ]]; then compopt -o dirnames 2>/dev/null; else compopt -o default 2>/dev/null; fi
    return 0
  fi
  # Paths beside other candidates, or after 'folder:' where bash doesn't break words at ':'. bash puts the quotes.
  local found=()
  if [[ $paths == folders ]]; then mapfile -t found < <(compgen -d -- "$path"); else mapfile -t found < <(compgen -f -- "$path"); fi
  (( ${#found[@]} > 0 )) || return 0
  compopt -o filenames 2>/dev/null
  for candidate in "${found[@]}"; do
    if [[ -n $lead && -d $candidate ]]; then
      compopt -o nospace 2>/dev/null
      candidate+=/
    fi
    COMPREPLY+=("$lead$candidate")
  done
}

complete -F @FUNCTION@ @NAME@
