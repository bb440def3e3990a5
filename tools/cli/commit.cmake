# Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#
# Writes the commit that a build is made from into a C++ file, only when it has changed: "-dirty" is
# added where tracked files differ from it. "unknown" where git does not answer for this tree: no git,
# an exported tree, a tree of another user.
#
#   cmake -DSOURCE=the tree -DOUTPUT=commit.cpp -P commit.cmake

# Runs git; its answer, or an empty string.
function(ask_git answer)
  execute_process(COMMAND git -C ${SOURCE} ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE text
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT status EQUAL 0)
    set(text "")
  endif()
  set(${answer} "${text}" PARENT_SCOPE)
endfunction()

set(commit unknown)
# An exported tree may lie inside another repository.
ask_git(top rev-parse --show-toplevel)
if(top)
  file(REAL_PATH ${top} top)
  file(REAL_PATH ${SOURCE} source)
  if(top STREQUAL source)
    # No tag is taken: what is left is the shortened hash.
    ask_git(described describe --always --dirty --abbrev=7 --exclude=*)
    if(described)
      set(commit ${described})
    endif()
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT [[
// Written by tools/cli/commit.cmake.
#include "cli/version.hpp"

const char* const reshift::kCommit = "@commit@";
]] @ONLY)
