# castnet_generated(TARGET SPEC NAMES... [CUDA VARIABLE] [SET KEY=VALUE]): adds the sources that castnet
# generates for a spec and its variants, with a value replaced as by `castnet generate --set`. NAMES are
# the programs', made by castnet::generated::make_NAME(). With CUDA, VARIABLE becomes the list of the
# cuda.cu files, which the caller adds; they hold castnet::generated::cuda::make_NAME().
function(castnet_generated target spec)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "CUDA;SET" "")
  get_filename_component(spec ${spec} ABSOLUTE)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/generated/${target})
  list(TRANSFORM arg_UNPARSED_ARGUMENTS REPLACE "(.+)" "${folder}/\\1/cpu.cpp" OUTPUT_VARIABLE cpu)
  list(TRANSFORM cpu REPLACE "cpu.cpp$" "cpu_memory.hpp" OUTPUT_VARIABLE maps)
  set(cuda)
  set(targets cpu)
  set(replaced)
  if(arg_CUDA)
    list(TRANSFORM arg_UNPARSED_ARGUMENTS REPLACE "(.+)" "${folder}/\\1/cuda.cu"
         OUTPUT_VARIABLE cuda)
    list(TRANSFORM cuda REPLACE "cuda.cu$" "cuda_memory.hpp" OUTPUT_VARIABLE cuda_maps)
    list(APPEND maps ${cuda_maps})
    set(targets cpu,cuda)
    set(${arg_CUDA} ${cuda} PARENT_SCOPE)
  endif()
  if(arg_SET)
    set(replaced --set ${arg_SET})
  endif()
  add_custom_command(
    OUTPUT ${cpu} ${cuda}
    BYPRODUCTS ${maps}
    COMMAND castnet generate ${spec} --target ${targets} -o ${folder} ${replaced}
    DEPENDS castnet ${spec}
    VERBATIM)
  target_sources(${target} PRIVATE ${cpu})
  set_source_files_properties(${cpu} ${cuda} PROPERTIES COMPILE_DEFINITIONS CASTNET_NO_MAIN)
endfunction()
