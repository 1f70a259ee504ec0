//! Rules that hold over any sequence of commands and clocks.
