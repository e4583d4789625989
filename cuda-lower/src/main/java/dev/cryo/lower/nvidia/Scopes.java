package dev.cryo.lower.nvidia;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/**
 * Which variables of a module are hidden by a register, a variable, a parameter or a label of the same name. As for the
 * assembler, a name hides from its declaration to the end of its scope.
 */
final class Scopes {
    private final Set<String> variables;
    private final Deque<Set<String>> hidden = new ArrayDeque<>();

    /** Begins with a scope for the parameters of a function. */
    Scopes(Set<String> variables) {
        this.variables = variables;
        open();
    }

    void open() {
        hidden.push(new HashSet<>());
    }

    void close() {
        hidden.pop();
    }

    void declare(String name) {
        if (variables.contains(name)) {
            hidden.element().add(name);
        }
    }

    /** Declares registers {@code name0}, {@code name1} and so on. */
    void declare(String name, long count) {
        for (String variable : variables) {
            String number = variable.startsWith(name) ? variable.substring(name.length()) : "";
            if (number.matches("0|[1-9][0-9]{0,17}") && Long.parseLong(number) < count) {
                declare(variable);
            }
        }
    }

    /** Whether a name means a variable of the module here. */
    boolean isVisible(String name) {
        return variables.contains(name) && hidden.stream().noneMatch(scope -> scope.contains(name));
    }
}
