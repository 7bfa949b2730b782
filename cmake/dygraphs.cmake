# The charts of castnet report: dygraphs, which becomes a part of castnet and of every report.
set(DYGRAPHS_FOLDER /usr/share/javascript/dygraphs CACHE PATH
    "Folder of dygraph.min.js and dygraph.min.css")
set(DYGRAPHS_LICENCE /usr/share/doc/libjs-dygraphs/copyright CACHE FILEPATH "Their licence")
set(DYGRAPHS_FILES ${DYGRAPHS_FOLDER}/dygraph.min.js ${DYGRAPHS_FOLDER}/dygraph.min.css
    ${DYGRAPHS_LICENCE})
foreach(file IN LISTS DYGRAPHS_FILES)
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "castnet report needs dygraphs 2, but there is no ${file}: install Debian's "
                        "package libjs-dygraphs (scripts/packages.sh does), or set DYGRAPHS_FOLDER "
                        "and DYGRAPHS_LICENCE")
  endif()
endforeach()
configure_file(${DYGRAPHS_LICENCE} ${CMAKE_BINARY_DIR}/dygraphs.licence COPYONLY)
list(TRANSFORM DYGRAPHS_FILES REPLACE "^${DYGRAPHS_LICENCE}$" ${CMAKE_BINARY_DIR}/dygraphs.licence)
