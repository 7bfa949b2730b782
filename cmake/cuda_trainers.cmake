# Every checked-in CUDA program as a trainer, cuda_trainer_NAME, and cifar10 in each precision;
# castnet_cuda_trainers builds them all. Not part of the default build: nvcc takes its time.
add_custom_target(castnet_cuda_trainers)

# castnet_cuda_trainer(TARGET PROGRAM PRECISION)
function(castnet_cuda_trainer target program precision)
  add_executable(${target} EXCLUDE_FROM_ALL ${program})
  target_compile_options(${target} PRIVATE ${CASTNET_CUDA_FLAGS})
  target_link_libraries(${target} PRIVATE castnet_runtime_cuda_${precision})
  add_dependencies(castnet_cuda_trainers ${target})
endfunction()

file(GLOB CUDA_PROGRAMS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/generated/*/cuda.cu)
foreach(program IN LISTS CUDA_PROGRAMS)
  get_filename_component(folder ${program} DIRECTORY)
  get_filename_component(name ${folder} NAME)
  castnet_cuda_trainer(cuda_trainer_${name} ${program} fp32)
endforeach()
foreach(precision tf32 bf16)
  castnet_cuda_trainer(cuda_trainer_cifar10_${precision}
                       ${CMAKE_SOURCE_DIR}/generated/cifar10/cuda.cu ${precision})
endforeach()
