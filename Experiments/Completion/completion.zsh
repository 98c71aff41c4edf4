#compdef @NAME@
# Completion of @NAME@ for zsh. In ~/.zshrc, below compinit:
#     source <(@NAME@ completion zsh --name @NAME@)
# or once, into a folder of $fpath (again when the program has moved):
#     @NAME@ completion zsh --name @NAME@ > ~/.zfunc/_@NAME@
# Tab then completes commands, data sets, variants, options and their values; zsh itself completes paths.

@FUNCTION@() {
  # The answer: which paths may come (none, folders, files), what stands before a candidate or a path, what there is of a path, the candidates.
  # The environment has the program start in half the time, by compiling itself with less care.
  local -a answer words_ prefixes
  answer=("${(@f)$(DOTNET_TieredCompilation=1 @PROGRAM@ complete zsh -- "${(@Q)words[2,CURRENT-1]}" "$compstate[quote]$PREFIX" </dev/null 2>/dev/null)}")
  (( $#answer >= 3 )) || return 1
  local paths=$answer[1] lead=$answer[2] line text ret=1
  for line in "${(@)answer[4,-1]}"; do
    # A colon separates the description.
    text=${line%%$'\t'*}
    line="${text//:/\\:}:${line#*$'\t'}"
    if [[ $text == *: ]]; then prefixes+=("$line"); else words_+=("$line"); fi
  done
  compset -p $#lead
  (( $#words_ )) && _describe -t values value words_ && ret=0
  # After 'folder:' a path comes, not a blank.
  (( $#prefixes )) && _describe -t prefixes 'data of your own' prefixes -S '' && ret=0
  case $paths in
    folders) _path_files -/ && ret=0 ;;
    files) _files && ret=0 ;;
  esac
  return ret
}

# As a file of $fpath this is the function's body; otherwise it has to be made known.
if [[ $funcstack[1] == _@NAME@ ]]; then @FUNCTION@ "$@"; else compdef @FUNCTION@ @NAME@; fi
