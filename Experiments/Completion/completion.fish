# Completion of @NAME@ for fish 3.1 or newer. In ~/.config/fish/config.fish:
#     @NAME@ completion fish --name @NAME@ | source
# or once, for a start of the shell that takes no time (again when the program has moved):
#     @NAME@ completion fish --name @NAME@ > ~/.config/fish/completions/@NAME@.fish
# Tab then completes commands, data sets, variants, options and their values; fish itself completes paths.

function @FUNCTION@
    # The answer: which paths may come (none, folders, files), what stands before a candidate or a path, what there is of a path, the candidates.
    # The environment has the program start in half the time, by compiling itself with less care.
    set -l answer (DOTNET_TieredCompilation=1 @PROGRAM@ complete fish -- (commandline -opc)[2..-1] (commandline -ct | string collect) </dev/null 2>/dev/null)
    test (count $answer) -ge 3; or return
    for candidate in $answer[4..-1]
        echo -- $answer[2]$candidate
    end
    # As the arguments of a command that fish knows nothing of.
    set -l found
    switch $answer[1]
        case folders
            set found (complete -C "'' "(string escape -- $answer[3]) | string match -r '.*/$')
        case files
            set found (complete -C "'' "(string escape -- $answer[3]))
    end
    for path in $found
        echo -- $answer[2](string split -f 1 \t -- $path)
    end
end

complete -c @NAME@ -e
complete -c @NAME@ -f -a '(@FUNCTION@)'
