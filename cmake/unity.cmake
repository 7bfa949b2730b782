# castnet_unity(TARGET): compiles a target's own sources a folder at a time, as one translation unit each. Most of
# a file's time goes into the headers that its neighbours read, too. CASTNET_UNITY=OFF, as in the preset `debug`,
# compiles file by file: for work on a single file, and to see that each includes what it uses.
option(CASTNET_UNITY "Compile each folder's sources as one" ON)

function(castnet_unity target)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    get_filename_component(folder ${source} ABSOLUTE)
    get_filename_component(folder ${folder} DIRECTORY)
    file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${folder})
    string(MAKE_C_IDENTIFIER ${folder} folder)
    set_property(SOURCE ${source} PROPERTY UNITY_GROUP ${folder})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${CASTNET_UNITY} UNITY_BUILD_MODE GROUP)
endfunction()
