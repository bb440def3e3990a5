# One run of Verilator (see verilate.cmake): generated files into DIR, then two units for the
# compiler that include all of them, and the list of files read for the build tool. The sources are
# TOP of RTL and what it uses, or with NETLIST those that this argument file lists.

file(REMOVE_RECURSE ${DIR})
file(MAKE_DIRECTORY ${DIR})

if(NETLIST)
  file(STRINGS ${NETLIST} sources)
else()
  set(sources +libext+.sv)
  file(GLOB folders ${RTL}/*)
  foreach(folder IN LISTS folders)
    if(IS_DIRECTORY ${folder})
      list(APPEND sources -y ${folder})
    endif()
  endforeach()
  file(GLOB waivers ${RTL}/lint/*.vlt)
  list(APPEND sources ${waivers} ${CMAKE_CURRENT_LIST_DIR}/inline.vlt)
  file(STRINGS ${RTL}/files.txt listed REGEX "_pkg\\.sv$")
  foreach(file IN LISTS listed)
    list(APPEND sources ${RTL}/${file})
  endforeach()
  file(GLOB top ${RTL}/*/${TOP}.sv)
  list(APPEND sources ${FILES} ${top})
endif()

# Large designs are deep: without the limit on the stack, as Verilator's own wrapper does it.
execute_process(
  COMMAND sh -c [[ulimit -s unlimited 2> /dev/null; exec "$0" "$@"]]
          ${VERILATOR} ${FLAGS} --Mdir ${DIR} --prefix ${PREFIX} --top-module ${TOP}
          ${sources}
  RESULT_VARIABLE status OUTPUT_QUIET)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "Verilator failed on ${TOP}")
endif()

file(GLOB generated RELATIVE ${DIR} ${DIR}/*.cpp)
set(fast "")
set(slow "")
foreach(file IN LISTS generated)
  if(file MATCHES "__(Slow|Syms|ConstPool_[0-9]+)\\.cpp$|__Trace")
    string(APPEND slow "#include \"${file}\"\n")
  else()
    string(APPEND fast "#include \"${file}\"\n")
  endif()
endforeach()
file(WRITE ${DIR}/${PREFIX}__fast.cpp "${fast}")
file(WRITE ${DIR}/${PREFIX}__slow.cpp "${slow}")

# Verilator's own file of dependencies leaves blanks in names as they are.
file(STRINGS ${DIR}/${PREFIX}__verFiles.dat read REGEX "^S .*\"(.*)\"$")
list(TRANSFORM read REPLACE "^S .*\"(.*)\"$" "\\1")
list(TRANSFORM read REPLACE " " "\\\\ ")
list(JOIN read " " dependencies)
string(REPLACE " " "\\ " target "${DIR}/${PREFIX}__fast.cpp")
file(WRITE ${DIR}/depfile "${target}: ${dependencies}\n")
